import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { seq, type StreamId } from "../domain/record.ts";
import { BACKUP_IN_PLACE, isBackup } from "./backup/backup-in-place.ts";
import { Floor } from "./floor.ts";
import { GENESIS_HASH } from "./envelope-text.ts";
import type { StreamEnd } from "./new-stream.ts";
import { RecordReader } from "./record-reader.ts";
import { markOf, streamEvidence } from "./salvage/evidence.ts";
import { readWal } from "./salvage/wal-frames.ts";
import { checkSchema, holdsNothing, LEDGER_FILE, PAGE_BYTES, readStream, schemaVersion } from "./schema.ts";
import { BUSY_TIMEOUT_MS, failureOf } from "./sqlite.ts";
import { readStreamOrder } from "./stream-order.ts";
import type { Journal } from "./wal-probe.ts";

/** Newest records whose hashes are computed again at every open: what a power loss tears is there. */
const TAIL_RECORDS = 200;
/** SQLite checks so much within 25 ms; of a larger file the background check reads every record. */
const QUICK_BYTES = 8 * 2 ** 20;

export interface Surroundings {
  readonly journal: Journal;
  /** Where this is; see `machineIdOf`. */
  readonly machine: string | undefined;
}

/** What an open found in a directory. */
export type Examined =
  | { readonly state: "none" }
  /** The stream goes on. `isTorn`: commits in the log's last transaction were not whole, as a power loss leaves it. */
  | { readonly state: "sound"; readonly stream: StreamId; readonly isTorn: boolean }
  | { readonly state: "ended"; readonly end: StreamEnd };

/**
 * Looks at the ledger before anything writes to it: SQLite drops what stands behind a damaged place of its log without a
 * word, so the log is read first. What it takes does not grow with the ledger.
 *
 * @throws LedgerError `store.notALedger`, `store.newerSchema`, or what the disk said.
 */
export function examine(directory: string, surroundings: Surroundings): Examined {
  const path = join(directory, LEDGER_FILE);
  try {
    const walBytes = sizeOf(`${path}-wal`);
    if (sizeOf(path) === 0) {
      // SQLite removes the log of an empty file.
      if (walBytes > 0) return damaged(`${LEDGER_FILE} is empty, and its log is not`);
      return isKnown(directory)
        ? damaged(`${LEDGER_FILE} is ${existsSync(path) ? "empty" : "gone"}`)
        : { state: "none" };
    }
    const wal = readWal(`${path}-wal`, PAGE_BYTES);
    if (wal?.hasLostCommits === true) {
      return damaged(`commits are missing, or stand behind a damaged place of ${LEDGER_FILE}-wal`);
    }
    const found = lookInto(directory, path, surroundings);
    return found.state === "sound" ? { ...found, isTorn: (wal?.behindDamage ?? 0) > 0 } : found;
  } catch (error) {
    const { code, detail } = failureOf(error);
    if (code !== "store.damaged") throw error;
    return damaged(detail);
  }
}

function lookInto(directory: string, path: string, { journal, machine }: Surroundings): Examined {
  const db = openToLook(path, journal);
  try {
    if (holdsNothing(db)) return { state: "none" };
    checkSchema(db, path);
    const stream = readStream(db);
    const isSmall = sizeOf(path) + sizeOf(`${path}-wal`) <= QUICK_BYTES;
    const fault = tailFault(db, stream) ?? (isSmall ? quickFault(db) : undefined);
    if (fault !== undefined) return { state: "ended", end: { because: "salvaged", reason: fault, stream } };
    const end = endOf(directory, db, stream, machine);
    return end === undefined ? { state: "sound", stream, isTorn: false } : { state: "ended", end };
  } finally {
    db.close();
  }
}

/** Changes nothing, except where only somebody who may write can look: a journal that was left must be rolled back first. */
function openToLook(path: string, journal: Journal): Database.Database {
  const isReadonly = journal.mode === "wal" && !existsSync(`${path}-journal`);
  const db = new Database(path, { readonly: isReadonly, fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
  // A ledger that was logged elsewhere is read without the shared memory that cannot be had here.
  if (journal.mode === "delete") db.pragma("locking_mode = EXCLUSIVE");
  return db;
}

/** Why the newest records are not what was written; `undefined` when they are. */
function tailFault(db: Database.Database, stream: StreamId): string | undefined {
  const ends = db.prepare<[], { first: number | null; last: number | null }>(
    "SELECT (SELECT min(seq) FROM record) AS first, (SELECT max(seq) FROM record) AS last",
  );
  const { first, last } = ends.get() ?? { first: null, last: null };
  if (first === null || last === null) return undefined;
  const from = Math.max(first, last - TAIL_RECORDS);
  const hash = db.prepare<[number], Buffer>("SELECT hash FROM record WHERE seq = ?").pluck().get(from);
  const reader = new RecordReader(db, stream);
  const { checked, fault } =
    from === 1
      ? reader.check(seq(1), GENESIS_HASH, last)
      : reader.check(seq(from + 1), hash?.toString("hex") ?? "", last - from);
  const end = from === 1 ? checked : from + checked;
  if (fault !== undefined) return `record ${fault.seq}: ${fault.reason}`;
  return end < last ? `record ${end + 1}: missing` : undefined;
}

function quickFault(db: Database.Database): string | undefined {
  const found = db.pragma("quick_check(1)", { simple: true });
  return found === "ok" ? undefined : String(found);
}

/** Why a file in which nothing is damaged cannot go on under its stream. */
function endOf(
  directory: string,
  db: Database.Database,
  stream: StreamId,
  machine: string | undefined,
): StreamEnd | undefined {
  // Put there by `restore`, or by hand: headquarters may hold more of this stream than a backup does.
  if (isBackup(db)) return { because: "restored", reason: BACKUP_IN_PLACE, stream };
  const order = readStreamOrder(directory, stream);
  if (order !== undefined) return order;
  const floor = new Floor(db);
  const home = schemaVersion(db) < 2 ? null : db.prepare<[], string | null>("SELECT machine FROM ledger").pluck().get();
  if (typeof home === "string" && machine !== undefined && home !== machine) {
    return { because: "copied", reason: "the directory comes from another machine or another place", stream };
  }
  const head = Math.max(db.prepare<[], number>("SELECT max(seq) FROM record").pluck().get() ?? 0, floor.read().seq);
  const mark = markOf(directory, stream);
  if (mark <= head) return undefined;
  return { because: "behindHq", reason: `headquarters confirmed record ${mark}, the newest here is ${head}`, stream };
}

/** Some other file still names a stream: then there was a ledger here. */
function isKnown(directory: string): boolean {
  return streamEvidence(directory).length > 0;
}

function damaged(reason: string): Examined {
  return { state: "ended", end: { because: "salvaged", reason } };
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
