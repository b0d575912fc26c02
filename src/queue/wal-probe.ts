import { rmSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { BUSY_TIMEOUT_MS, failureOf, pragmaValue } from "./sqlite.ts";

/**
 * How `ledger.db` is journalled. `delete` is for directories in which write-ahead logging does not work: twice the fsyncs,
 * and a reader can hold up a commit for a moment.
 */
export type Journal = { readonly mode: "wal" } | { readonly mode: "delete"; readonly because: string };

const SCRATCH = "wal-probe.db";

/**
 * Tries in a scratch file whether write-ahead logging really works in this directory: some file systems let
 * `journal_mode` answer `wal` and fail the first write (field-lessons.md, row 25). About 3 ms, and no fsync: what is tried is
 * shared memory, locks and files, not how fast the disk is. So it is done at every open, and no answer can be out of date.
 */
export function probeJournal(directory: string): Journal {
  const path = join(directory, SCRATCH);
  try {
    removeScratch(path);
    tryWal(path);
    return { mode: "wal" };
  } catch (error) {
    const { code, detail } = failureOf(error);
    // A full or read-only disk says nothing about logging; whatever it refuses next it refuses by its own name.
    return code === "store.full" || code === "store.readOnly" ? { mode: "wal" } : { mode: "delete", because: detail };
  } finally {
    try {
      removeScratch(path);
    } catch {
      // What cannot be removed is in nobody's way: the next probe fails on it, and says so.
    }
  }
}

/** Creates, writes, reads through a second connection, checkpoints. @throws what did not work. */
function tryWal(path: string): void {
  const writer = new Database(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    const mode = pragmaValue(writer, "journal_mode = WAL");
    if (mode !== "wal") throw new Error(`the journal mode stays ${mode}`);
    writer.pragma("synchronous = OFF");
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
  for (const suffix of ["", "-wal", "-shm", "-journal"]) rmSync(path + suffix, { force: true });
}
