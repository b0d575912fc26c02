import { randomUUID } from "node:crypto";
import Database from "better-sqlite3";
import { expect, it } from "vitest";
import { orderKey, paymentKey, recordKeysOf, requestKey } from "../../../src/domain/record-keys.ts";
import type { RecordDraft } from "../../../src/domain/record.ts";
import { seq } from "../../../src/domain/record.ts";
import { type TransactionEvent, transactionId } from "../../../src/domain/transaction.ts";
import { transactionRecordOf } from "../../../src/domain/transaction-history.ts";
import { recordWithin } from "../../../src/domain/carried.ts";
import type { Ledger } from "../../../src/queue/ledger.ts";
import { clockWith, ledgerIn, sale } from "../../contract/ledger/a-ledger.ts";
import { aTransaction } from "../../support/ledger-in-memory.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { waitUntil } from "../../support/wait-until.ts";

async function slept(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 20));
}

const DAY_MS = 86_400_000;
const KEY_HASH = "ab".repeat(32);
const KEY = requestKey("till-a", KEY_HASH);

function paid(id: string, event: TransactionEvent = "answered", keyHash = KEY_HASH): RecordDraft {
  const transaction = aTransaction({
    id: transactionId(id),
    payment: { till: "till-a", orderId: `O-${id}`, keyHash, requestHash: "cd".repeat(32) },
  });
  const draft: RecordDraft = { kind: "transaction", terminal: transaction.terminal, body: { event, transaction } };
  return { ...draft, keys: recordKeysOf(draft) };
}

/** When the keys of a ledger were written, as far as that is known. */
function datesIn(directory: string): readonly number[] {
  const db = new Database(`${directory}/ledger.db`, { readonly: true });
  try {
    return db.prepare<[], number>("SELECT at FROM record_key").pluck().all();
  } finally {
    db.close();
  }
}

/** What the ledger knows under a key: event and id of the record. */
async function known(ledger: Ledger, key: string): Promise<string | undefined> {
  const found = await ledger.find(key);
  if (found === undefined || found === "freed") return found;
  const envelope: unknown = JSON.parse(found.envelope.toString("utf8"));
  const told =
    typeof envelope === "object" && envelope !== null ? transactionRecordOf(recordWithin({ ...envelope })) : undefined;
  return `${told?.event} ${told?.transaction.id}`;
}

it("finds the newest record under a key as soon as its append has resolved", async () => {
  await using dir = await tempDir();
  await using ledger = await ledgerIn(dir.path);
  expect(await known(ledger, KEY)).toBeUndefined();
  for (let n = 0; n < 50; n += 1) {
    await ledger.append(paid("p-1", n % 2 === 0 ? "requested" : "answered"));
    expect(await known(ledger, KEY)).toBe(n % 2 === 0 ? "requested p-1" : "answered p-1");
    await ledger.append(sale(n));
  }
  expect(await known(ledger, orderKey("till-a", "sale", "O-p-1"))).toBe("answered p-1");
  expect(await known(ledger, requestKey("till-b", KEY_HASH))).toBeUndefined();
});

it("finds it after a restart, at once", async () => {
  await using dir = await tempDir();
  {
    await using ledger = await ledgerIn(dir.path);
    await Promise.all([
      ledger.append(paid("p-1", "requested")),
      ledger.append(paid("p-2", "requested", "99".repeat(32))),
    ]);
    await ledger.append(paid("p-1"));
  }
  await using ledger = await ledgerIn(dir.path);
  expect(await known(ledger, KEY)).toBe("answered p-1");
  expect(await known(ledger, paymentKey("p-2"))).toBe("requested p-2");
});

it("refuses a record whose key is none, and writes nothing of it", async () => {
  await using dir = await tempDir();
  await using ledger = await ledgerIn(dir.path);
  await expect(ledger.append({ ...sale(1), keys: ["two\nlines"] })).rejects.toMatchObject({ code: "record.notJson" });
  expect(await ledger.append(sale(1))).toBe(1);
});

it("remembers a key longer than its record, for at least 90 days", async () => {
  await using dir = await tempDir();
  let now = Date.parse("2026-03-01T10:00:00Z");
  const clock = clockWith({
    now: () => now,
    synced: true,
    sleep: async () => new Promise((resolve) => setTimeout(resolve, 20)),
  });
  await using ledger = await ledgerIn(dir.path, { clock, space: { keepDays: 7 } });
  await ledger.append(paid("p-1"));
  await ledger.append(sale(2));
  await ledger.confirm(seq(2));
  expect(await known(ledger, KEY)).toBe("answered p-1");
  now += 8 * DAY_MS;
  await waitUntil("its record is freed", () => ledger.first === 2);
  expect(await known(ledger, KEY)).toBe("freed");
  now += 81 * DAY_MS;
  await ledger.append(paid("p-2", "answered", "99".repeat(32)));
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(await known(ledger, KEY), "after 89 days").toBe("freed");
  now += 2 * DAY_MS;
  await waitUntil("it is forgotten", async () => (await known(ledger, KEY)) === undefined);
  expect(await known(ledger, paymentKey("p-2")), "a record that is here keeps its keys").toBe("answered p-2");
});

it("dates a key by the first clock that is right, when the one that wrote it was not", async () => {
  await using dir = await tempDir();
  let [now, synced] = [0, false];
  const clock = {
    ...clockWith({ now: () => now, sleep: slept }),
    stamp: () => ({ ...clockWith({}).stamp(), synced }),
  };
  await using ledger = await ledgerIn(dir.path, { clock, space: { keep: 0 } });
  await ledger.append(paid("p-1"));
  await ledger.append(sale(2));
  await ledger.confirm(seq(2));
  await waitUntil("its record is freed", () => ledger.first === 2);
  [now, synced] = [Date.parse("2026-03-01T10:00:00Z"), true];
  await waitUntil("it is dated", () => datesIn(dir.path).every((at) => at === now));
  expect(await known(ledger, KEY), "it looks as if it were from 1970").toBe("freed");
  now += 92 * DAY_MS;
  await waitUntil("it is forgotten", async () => (await known(ledger, KEY)) === undefined);
});

it("knows every key in a new stream: of carried records, of freed ones, and of those that are lost", async () => {
  await using dir = await tempDir();
  const clock = clockWith({ synced: true, sleep: async () => new Promise((resolve) => setTimeout(resolve, 20)) });
  {
    await using ledger = await ledgerIn(dir.path, { clock, space: { keep: 0, keepDays: 3650 } });
    await ledger.append(paid("old"));
    await ledger.append(sale(2));
    await ledger.confirm(seq(1));
    await waitUntil("the first is freed", () => ledger.first === 2);
    // Enough that keys stand in interior pages of their tree too.
    await Promise.all(
      Array.from({ length: 300 }, async () => ledger.append(paid(randomUUID(), "requested", randomUUID()))),
    );
    await ledger.append(paid("kept", "requested", "11".repeat(32)));
    await ledger.append(paid("kept", "answered", "11".repeat(32)));
    await ledger.append(paid("lost", "answered", "22".repeat(32)));
    await ledger.append(sale(1));
  }
  const db = new Database(dir.file("ledger.db"));
  const keys = db.prepare<[], string>("SELECT key FROM record_key").pluck().all();
  db.exec("UPDATE record SET body = '{}' WHERE seq = (SELECT seq FROM record_key WHERE key = 'payment:lost')");
  db.close();
  await using ledger = await ledgerIn(dir.path);
  expect(ledger.openedAs.begun?.because).toBe("salvaged");
  expect(await known(ledger, paymentKey("kept"))).toBe("answered kept");
  expect(await known(ledger, requestKey("till-a", "22".repeat(32)))).toBe("freed");
  expect(await known(ledger, KEY)).toBe("freed");
  expect(keys.length).toBeGreaterThan(900);
  const unknown = [];
  for (const key of keys) if ((await ledger.find(key)) === undefined) unknown.push(key);
  expect(unknown).toEqual([]);
});

it("a stream that ends because headquarters is ahead hands its keys on", async () => {
  await using dir = await tempDir();
  {
    await using ledger = await ledgerIn(dir.path);
    await ledger.append(paid("p-1"));
    await ledger.append(sale(1));
    await ledger.noteBehindHq(seq(100));
  }
  await using ledger = await ledgerIn(dir.path);
  expect(ledger.openedAs.begun?.because).toBe("behindHq");
  expect(await known(ledger, KEY)).toBe("answered p-1");
});
