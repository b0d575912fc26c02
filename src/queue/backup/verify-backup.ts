import { setImmediate as nextTurn } from "node:timers/promises";
import type Database from "better-sqlite3";
import { type ChainPoint, seq } from "../../domain/record.ts";
import { type Failure, LedgerError } from "../ledger-error.ts";
import { RecordReader } from "../record-reader.ts";
import { openLedgerFileReadonly, readStream } from "../schema.ts";
import { failureOf, pragmaValue } from "../sqlite.ts";
import { type BackupManifest, readManifest } from "./manifest.ts";

/** Some 10 ms of work between two looks at the signal. */
const RECORDS_AT_ONCE = 2_000;

/**
 * Opens a backup and holds it against what it says of itself: SQLite's own structure, every hash of the chain, the count,
 * the head.
 *
 * @throws LedgerError `backup.notABackup`, `backup.notWhole`, `store.newerSchema`; the signal's reason.
 */
export async function verifyBackup(path: string, signal: AbortSignal): Promise<BackupManifest> {
  let db: Database.Database;
  try {
    db = openLedgerFileReadonly(path);
  } catch (error) {
    throw new LedgerError(asBackupFailure(failureOf(error)), { cause: error });
  }
  try {
    const manifest = readManifest(db);
    const structure = pragmaValue(db, "quick_check(1)");
    if (structure !== "ok") throw notWhole(`its pages are damaged: ${structure}`);
    const stream = readStream(db);
    if (stream !== manifest.stream) throw notWhole(`it holds stream ${stream}, and says ${manifest.stream}`);
    await checkRecords(new RecordReader(db, stream), manifest, signal);
    const rows = db.prepare<[], number>("SELECT count(*) FROM record").pluck().get();
    if (rows !== manifest.records) throw notWhole(`it holds ${rows} records, and says ${manifest.records}`);
    return manifest;
  } catch (error) {
    if (error instanceof LedgerError || signal.aborted) throw error;
    throw new LedgerError(asBackupFailure(failureOf(error)), { cause: error });
  } finally {
    db.close();
  }
}

async function checkRecords(reader: RecordReader, { floor, head }: BackupManifest, signal: AbortSignal): Promise<void> {
  let at: ChainPoint = floor;
  while (at.seq < head.seq) {
    signal.throwIfAborted();
    const from = seq(at.seq + 1);
    const { checked, hash, fault } = reader.check(from, at.hash, Math.min(RECORDS_AT_ONCE, head.seq - at.seq));
    if (fault !== undefined) throw notWhole(`record ${fault.seq} is the first bad one: ${fault.reason}`);
    if (checked === 0) throw notWhole(`record ${from} is missing`);
    at = { seq: seq(at.seq + checked), hash };
    await nextTurn();
  }
  if (at.hash !== head.hash) throw notWhole(`record ${head.seq} is not the one that it says is its newest`);
}

function notWhole(detail: string): LedgerError {
  return new LedgerError({ code: "backup.notWhole", detail });
}

/** What SQLite says of a ledger, as it reads for a copy of one. */
function asBackupFailure({ code, detail }: Failure): Failure {
  if (code === "store.notALedger") return { code: "backup.notABackup", detail };
  if (code === "store.damaged") return { code: "backup.notWhole", detail };
  return { code, detail };
}
