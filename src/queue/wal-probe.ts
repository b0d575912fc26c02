import { rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { BUSY_TIMEOUT_MS, failureOf, pragmaValue } from "./sqlite.ts";

/**
 * How `ledger.db` is journalled. `delete` is for directories in which write-ahead logging does not work: twice the fsyncs,
 * and a reader can hold up a commit for a moment.
 */
export type Journal = { readonly mode: "wal" } | { readonly mode: "delete"; readonly because: string };

const SCRATCH = "wal-probe.db";
/** More than the probe takes. */
const NEEDED_BYTES = 2 ** 20;

/**
 * Tries in a scratch file whether write-ahead logging really works in this directory: some file systems let
 * `journal_mode` answer `wal` and fail the first write (field-lessons.md, row 25). About 1 ms, and no fsync: what is tried is
 * shared memory, locks and files, not how fast the disk is. So it is done at every open, and no answer can be out of date.
 */
export function probeJournal(directory: string): Journal {
  const path = join(directory, SCRATCH);
  removeScratch(path);
  try {
    tryWal(path);
    return { mode: "wal" };
  } catch (error) {
    const { code, detail } = failureOf(error);
    // A full disk says nothing about logging; what it refuses next it refuses by its own name. One that cannot be written
    // has refused the lock before this.
    const isFull = code === "store.full" || isNearlyFull(directory);
    return isFull ? { mode: "wal" } : { mode: "delete", because: detail };
  } finally {
    removeScratch(path);
  }
}

/** Then the memory that readers share, a file of 32 KiB, fails with errors of its own. */
function isNearlyFull(directory: string): boolean {
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize < NEEDED_BYTES;
}

/** Creates, writes, reads through a second connection, checkpoints. @throws what did not work. */
function tryWal(path: string): void {
  const writer = new Database(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    writer.pragma("synchronous = OFF");
    const mode = pragmaValue(writer, "journal_mode = WAL");
    if (mode !== "wal") throw new Error(`the journal mode stays ${mode}`);
    writer.exec("CREATE TABLE scratch (n INTEGER) STRICT; INSERT INTO scratch VALUES (7)");
    expectSeven(path);
    writer.pragma("wal_checkpoint(TRUNCATE)");
    expectSeven(path);
  } finally {
    writer.close();
  }
}

function expectSeven(path: string): void {
  const reader = new Database(path, { readonly: true, timeout: BUSY_TIMEOUT_MS });
  try {
    const read = reader.prepare<[], number>("SELECT n FROM scratch").pluck().get();
    if (read !== 7) throw new Error("a second connection does not see what was written");
  } finally {
    reader.close();
  }
}

function removeScratch(path: string): void {
  for (const suffix of ["", "-wal", "-shm", "-journal"]) {
    try {
      rmSync(path + suffix, { force: true });
    } catch {
      // What cannot be removed the probe fails on, in SQLite's own words.
    }
  }
}
