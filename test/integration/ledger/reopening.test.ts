import { expect, it } from "vitest";
import { bootId, instant } from "../../../src/domain/clock.ts";
import { recordKeysOf } from "../../../src/domain/record-keys.ts";
import { streamId } from "../../../src/domain/record.ts";
import { BatchWriter, readBatch, type ReceivedBatch } from "../../../src/queue/append-batch.ts";
import { openOfflineLedger } from "../../../src/queue/offline.ts";
import { RecordLog } from "../../../src/queue/record-log.ts";
import { createLedgerFile, openLedgerFile } from "../../../src/queue/schema.ts";
import { tempDir } from "../../support/temp-dir.ts";

const STREAM = streamId("0b1c2d3e-0000-4000-8000-000000000000");

function batch(first: number, count: number): ReceivedBatch {
  const writer = new BatchWriter(0, first, "boot", 0);
  const body = '{"n":1}';
  for (let n = 0; n < count; n += 1) {
    writer.add({
      at: instant(n),
      stamp: { bootId: bootId("boot"), monotonicMs: n, synced: false },
      kind: "transaction",
      terminal: undefined,
      token: undefined,
      body,
      bodyBytes: body.length,
    });
  }
  return readBatch(writer.finish(false));
}

const PAYMENT = { till: "till-a", orderId: "O-7", keyHash: "ab".repeat(32), requestHash: "cd".repeat(32) };
const WAL = { mode: "wal" } as const;

/** A log whose last commit was refused although it stands in the file: its fsync failed, and then nothing worked any more. */
function refusedButThere(path: string): RecordLog {
  const db = createLedgerFile(path, WAL, { stream: STREAM });
  const log = new RecordLog(db, STREAM);
  log.add(batch(1, 3));
  log.commit();
  log.add(batch(4, 2));
  db.exec("COMMIT");
  db.close();
  log.rollBack();
  expect(log.head.seq).toBe(3);
  return log;
}

it("what was refused and came back when the file was opened anew is taken out, and its places are used again", async () => {
  await using dir = await tempDir();
  const log = refusedButThere(dir.file("ledger.db"));
  const db = openLedgerFile(dir.file("ledger.db"), WAL);
  expect(db.prepare("SELECT count(*) FROM record").pluck().get()).toBe(5);
  const again = log.continuedOn(db);
  expect(again.head).toEqual(log.head);
  again.add(batch(4, 1));
  again.commit();
  db.close();
  using offline = openOfflineLedger(dir.path);
  expect(await offline.verify()).toEqual({ ok: true, records: 4 });
});

it("a key that a refused commit had moved stands again for the record that it stood for before", async () => {
  await using dir = await tempDir();
  const body = JSON.stringify({ event: "requested", transaction: { id: "p-1", kind: "sale", payment: PAYMENT } });
  const keys = recordKeysOf({ kind: "transaction", body: JSON.parse(body) });
  const keyed = (first: number, more: readonly string[] = []): ReceivedBatch => {
    const { drafts, ...rest } = batch(first, 1);
    return { ...rest, drafts: drafts.map((draft) => ({ ...draft, body, keys: [...keys, ...more] })) };
  };
  const db = createLedgerFile(dir.file("ledger.db"), WAL, { stream: STREAM });
  const log = new RecordLog(db, STREAM);
  log.add(keyed(1));
  log.commit();
  log.add(keyed(2, ["payment:new"]));
  db.exec("COMMIT");
  db.close();
  log.rollBack();
  const opened = openLedgerFile(dir.file("ledger.db"), WAL);
  log.continuedOn(opened);
  const found = opened.prepare("SELECT key, seq FROM record_key ORDER BY key").all();
  opened.close();
  expect(found).toEqual(
    [...keys.map((key) => ({ key, seq: 1 })), { key: "payment:new", seq: 0 }].toSorted((a, b) =>
      a.key < b.key ? -1 : 1,
    ),
  );
});

it("what somebody else wrote meanwhile is left alone", async () => {
  await using dir = await tempDir();
  const log = refusedButThere(dir.file("ledger.db"));
  const db = openLedgerFile(dir.file("ledger.db"), WAL);
  const other = new RecordLog(db, STREAM);
  other.add(batch(6, 1));
  other.commit();
  expect(() => log.continuedOn(db)).toThrow(expect.objectContaining({ code: "store.failed" }));
  expect(db.prepare("SELECT count(*) FROM record").pluck().get()).toBe(6);
  db.close();
});

it("a file that lost what was acknowledged is not gone on with", async () => {
  await using dir = await tempDir();
  const log = refusedButThere(dir.file("ledger.db"));
  const db = openLedgerFile(dir.file("ledger.db"), WAL);
  db.exec("DELETE FROM record WHERE seq > 2");
  expect(() => log.continuedOn(db)).toThrow(expect.objectContaining({ code: "store.failed" }));
  db.close();
});
