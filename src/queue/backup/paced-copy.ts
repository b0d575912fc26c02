import { closeSync, fdatasyncSync, openSync } from "node:fs";
import type Database from "better-sqlite3";

/** Half a MiB between two rests: what waits for the disk before a sale's fsync then stays small. */
const PAGES_AT_ONCE = 256;
const REST_MS = 10;

/**
 * Copies a database page by page in the pauses of whoever writes to it. The connection must hold a read transaction:
 * without one, each commit of somebody else makes SQLite begin the copy again (sqlite.org/c3ref/backup_finish.html).
 *
 * @throws SqliteError; the signal's reason.
 */
export async function pacedCopy(source: Database.Database, path: string, signal: AbortSignal): Promise<void> {
  if (!source.inTransaction) throw new TypeError("a copy needs a read transaction, or it never ends");
  const pause = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  let file: number | undefined;
  try {
    await source.backup(path, {
      progress: () => {
        signal.throwIfAborted();
        file ??= openSync(path, "r+");
        fdatasyncSync(file);
        Atomics.wait(pause, 0, 0, REST_MS);
        return PAGES_AT_ONCE;
      },
    });
  } finally {
    // Not before the end: closing it frees SQLite's locks on the copy too (sqlite.org/howtocorrupt.html, 2.2).
    if (file !== undefined) closeSync(file);
  }
}
