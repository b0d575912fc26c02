import type Database from "better-sqlite3";

// Apart from the manifest, because every open asks this in the writer thread, where loading what the manifest is read with
// takes longer than all the rest of the open.

/** Why the stream of such a file ends, for people. */
export const BACKUP_IN_PLACE = "a backup was put in its place";

/** Whether a ledger's file is a backup: it then must not go on under its stream. */
export function isBackup(db: Database.Database): boolean {
  return db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'backup'").get() !== undefined;
}
