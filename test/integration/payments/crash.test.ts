import { cp } from "node:fs/promises";
import { expect, it } from "vitest";
import { recordWithin } from "../../../src/domain/carried.ts";
import { transactionRecordOf } from "../../../src/domain/transaction-history.ts";
import { envelopesIn } from "../../support/ledger-reading.ts";
import { openPaymentShop, type PaymentShop, theTerminals } from "../../support/payment-shop.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { paymentIn } from "../../support/till.ts";
import { waitUntil } from "../../support/wait-until.ts";

async function events(shop: PaymentShop): Promise<readonly string[]> {
  const told = (await envelopesIn(shop.ledger)).flatMap(
    (envelope) => transactionRecordOf(recordWithin(envelope)) ?? [],
  );
  return told.map(({ event, transaction }) => `${event} ${transaction.outcome}`);
}

it("a daemon that dies while a terminal is at it asks that terminal, and the key stays the one payment", async () => {
  await using dir = await tempDir();
  await using after = await tempDir();
  const { terminal, claims } = theTerminals();
  await using before = await openPaymentShop(dir.path, claims, { waitMs: 100 });
  await before.as("till-a").pay("k0", { orderId: "O-0", amount: 99 });
  terminal.script.push("hang");
  const { id } = await paymentIn(await before.as("till-a").pay("k"));
  await waitUntil("it waits for a card", () => terminal.hanging === 1);
  // What a kill -9 leaves: the files as they are at this moment. In another place they become a new stream.
  for (const name of ["ledger.db", "ledger.db-wal", "progress.db", "progress.db-wal"]) {
    await cp(`${dir.path}/${name}`, after.file(name));
  }
  terminal.isHeld = false;
  await using shop = await openPaymentShop(after.path, claims);
  expect(await events(shop)).toEqual([
    "requested inDoubt",
    "answered approved",
    "requested inDoubt",
    "unanswered inDoubt",
  ]);
  expect(await paymentIn(await shop.as("till-a").pay("k"))).toMatchObject({
    id,
    outcome: "inDoubt",
    reason: "daemonRestarted",
  });
  terminal.letGo();
  await waitUntil("it is resolved", () => shop.desk.inDoubt()?.length === 0);
  expect(await paymentIn(await shop.as("till-a").pay("k"))).toMatchObject({ id, outcome: "approved" });
  expect((await shop.as("till-a").pay("k2")).status, "the order is paid").toBe(409);
  expect(terminal.charges).toHaveLength(2);
});
