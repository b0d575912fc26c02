import Database from "better-sqlite3";
import { expect, it } from "vitest";
import { z } from "zod";
import type { Seq } from "../../../src/domain/record.ts";
import { LedgerError } from "../../../src/queue/ledger-error.ts";
import { openOfflineLedger } from "../../../src/queue/offline.ts";
import { StoreThread } from "../../../src/queue/store-thread.ts";
import { systemClock } from "../../../src/runtime/clock.ts";
import { ledgerIn, sale } from "../../contract/ledger/a-ledger.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { waitUntil } from "../../support/wait-until.ts";

const nothing = (): void => undefined;
const bodySchema = z.object({ body: z.object({ n: z.number() }) });

it("refuses all that waits when a commit fails, and numbering resumes without a gap or a ghost", async () => {
  await using dir = await tempDir();
  const acknowledged = new Map<Seq, number>();
  const refused = new Set<number>();
  {
    await using ledger = await ledgerIn(dir.path);
    const append = async (n: number): Promise<void> => {
      try {
        acknowledged.set(await ledger.append(sale(n)), n);
      } catch (error) {
        if (!(error instanceof LedgerError)) throw error;
        expect(error.code).toBe("store.locked");
        refused.add(n);
      }
    };
    let n = 0;
    for (let round = 0; round < 4; round += 1) {
      await Promise.all(Array.from({ length: 30 }, async () => append((n += 1))));
      // Whoever holds the write lock makes the writer's commits fail, as a failing disk would.
      const intruder = new Database(dir.file("ledger.db"));
      intruder.exec("BEGIN IMMEDIATE");
      const waiting: Promise<void>[] = [];
      const before = refused.size;
      for (let turn = 0; turn < 20; turn += 1) {
        waiting.push(...Array.from({ length: 5 }, async () => append((n += 1))));
        await new Promise((resolve) => setImmediate(resolve));
      }
      await waitUntil("the first refusal", () => refused.size > before);
      intruder.exec("ROLLBACK");
      intruder.close();
      await Promise.all(waiting);
    }
    await append((n += 1));
    expect(refused.size).toBeGreaterThanOrEqual(400);
    expect(acknowledged.size + refused.size).toBe(n);
    expect(ledger.counters()).toMatchObject({ appended: acknowledged.size, refused: refused.size, waitingDrafts: 0 });
  }
  using offline = openOfflineLedger(dir.path);
  const records = [...offline.forward()];
  expect(records).toHaveLength(acknowledged.size);
  for (const [index, { seq, envelope }] of records.entries()) {
    expect(seq).toBe(index + 1);
    expect(bodySchema.parse(JSON.parse(envelope.toString())).body.n).toBe(acknowledged.get(seq));
  }
  expect(await offline.verify()).toEqual({ ok: true, records: records.length });
});

it("takes back what was written already when a later record of the same commit fails, its card token included", async () => {
  await using dir = await tempDir();
  const onFile = (statements: string): void => {
    const db = new Database(dir.file("ledger.db"));
    db.exec(statements);
    db.close();
  };
  await using ledger = await ledgerIn(dir.path);
  const cardToken = ledger.tokenise("6212340000000001");
  // The very first commit, which would also have stored the boot's id.
  onFile(`CREATE TRIGGER refuse BEFORE INSERT ON record WHEN NEW.body LIKE '%"n":13}'
    BEGIN SELECT RAISE(ABORT, 'the disk says no'); END`);
  const together = Array.from({ length: 20 }, async (_, n) => ledger.append(sale(n, { cardToken })));
  for (const outcome of await Promise.allSettled(together)) {
    expect(outcome).toMatchObject({ status: "rejected", reason: { code: "store.failed" } });
  }
  onFile("DROP TRIGGER refuse");
  expect(await ledger.append(sale(21))).toBe(1);
  expect(await ledger.append(sale(22, { cardToken }))).toBe(2);
  expect(await ledger.verify()).toEqual({ ok: true, records: 2 });
  const cards = new Database(dir.file("cards.db"), { readonly: true });
  expect(cards.prepare("SELECT seq FROM card").pluck().all()).toEqual([2]);
  cards.close();
});

it("says that a store thread died, and refuses every question to it from then on", async () => {
  const lost: LedgerError[] = [];
  const thread = new StoreThread("writer-thread", {
    durable: nothing,
    refused: nothing,
    notice: nothing,
    space: nothing,
    reopened: nothing,
    lost: (error) => {
      lost.push(error);
    },
  });
  // A batch that is too short to have a header: only a bug could send it.
  thread.post(new ArrayBuffer(1));
  await waitUntil("the thread's death is noticed", () => lost.length > 0);
  expect(lost.map(({ code }) => code)).toEqual(["store.threadLost"]);
  await expect(thread.ask({ type: "ping" })).rejects.toMatchObject({ code: "store.threadLost" });
  await expect(thread.end({ type: "close" }, systemClock(), 10_000)).rejects.toMatchObject({
    code: "store.threadLost",
  });
});
