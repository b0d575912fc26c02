import Database from "better-sqlite3";
import { type Failure, LedgerError, type LedgerErrorCode } from "./ledger-error.ts";

/**
 * ms. Only a reader of another process (`journal`) can hold a lock, for the moment of its recovery;
 * waiting longer would stand before a sale.
 */
export const BUSY_TIMEOUT_MS = 250;

/** Result codes of SQLite (sqlite.org/rescode.html) whose remedy we know; the first that a code begins with counts. */
const CODES: readonly (readonly [prefix: string, code: LedgerErrorCode])[] = [
  ["SQLITE_FULL", "store.full"],
  // The disk answered; the file ends before the page does. Seen where SQLite reads an overflow page past its cache.
  ["SQLITE_IOERR_SHORT_READ", "store.damaged"],
  ["SQLITE_IOERR", "store.ioError"],
  ["SQLITE_READONLY", "store.readOnly"],
  ["SQLITE_CORRUPT", "store.damaged"],
  ["SQLITE_NOTADB", "store.damaged"],
  ["SQLITE_BUSY", "store.locked"],
  ["SQLITE_LOCKED", "store.locked"],
  ["SQLITE_CANTOPEN", "store.notWritable"],
  ["SQLITE_PERM", "store.notWritable"],
];

/** What the file system says where SQLite is not asked (errno(3)). */
const ERRNOS: ReadonlyMap<unknown, LedgerErrorCode> = new Map([
  ["ENOSPC", "store.full"],
  ["EDQUOT", "store.full"],
  ["EROFS", "store.readOnly"],
  ["EIO", "store.ioError"],
  ["EACCES", "store.notWritable"],
  ["EPERM", "store.notWritable"],
]);

/** Sorts what was thrown, to tell another thread. SQLite's messages name tables and files, never values. */
export function failureOf(error: unknown): Failure {
  if (error instanceof LedgerError) return { code: error.code, detail: error.detail };
  if (error instanceof Database.SqliteError) {
    const known = CODES.find(([prefix]) => error.code.startsWith(prefix));
    return { code: known?.[1] ?? "store.failed", detail: `${error.code}: ${error.message}` };
  }
  const known = error instanceof Error && "code" in error ? ERRNOS.get(error.code) : undefined;
  return { code: known ?? "store.failed", detail: error instanceof Error ? error.message : String(error) };
}

/**
 * The file system itself refuses: it was remounted read-only, fails, or is gone. A connection that was opened meanwhile is
 * read-only for good, so that another one must be tried.
 */
export function isRefusedByFileSystem({ code }: Failure): boolean {
  return ["store.readOnly", "store.ioError", "store.notWritable", "store.missing"].includes(code);
}

/** One number or text out of a pragma that answers with a single value. */
export function pragmaValue(db: Database.Database, pragma: string): string | number {
  const value = db.pragma(pragma, { simple: true });
  if (typeof value === "string" || typeof value === "number") return value;
  throw new TypeError(`pragma ${pragma} answered with ${typeof value}`);
}
