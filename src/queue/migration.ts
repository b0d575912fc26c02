import { copyFileSync, existsSync, renameSync, rmSync, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { LedgerError } from "./ledger-error.ts";
import type { Notice } from "./messages.ts";
import { RECORD_KEY_TABLE, schemaVersion } from "./schema.ts";
import { failureOf } from "./sqlite.ts";
import { syncDirectory, syncFile } from "./directory.ts";

/** One version's difference to the one before it. Nothing is ever dropped. */
export interface Migration {
  readonly sql: string;
  /** It adds columns with defaults, or empty tables, and touches no row: so little can go wrong that it may run without a copy. */
  readonly touchesNoRow: boolean;
}

/** From version 2 on. */
const MIGRATIONS: readonly Migration[] = [
  {
    sql: `ALTER TABLE ledger ADD COLUMN floor_seq INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE ledger ADD COLUMN floor_hash BLOB;
      ALTER TABLE ledger ADD COLUMN begun_because TEXT;
      ALTER TABLE ledger ADD COLUMN prev_stream TEXT;
      ALTER TABLE ledger ADD COLUMN prev_seq INTEGER;
      ALTER TABLE ledger ADD COLUMN prev_hash BLOB;
      ALTER TABLE ledger ADD COLUMN machine TEXT;`,
    touchesNoRow: true,
  },
  { sql: "ALTER TABLE ledger ADD COLUMN earlier TEXT;", touchesNoRow: true },
  // No record that an earlier version made has a key.
  { sql: RECORD_KEY_TABLE, touchesNoRow: true },
];

/** What must stay free for the day's sales beside the copy. */
const KEPT_FREE_BYTES = 64 * 2 ** 20;

/**
 * Brings a ledger to the newest schema: first a checked copy `ledger.db.schema-N`, then every step in one transaction.
 * When a step fails, the file is what it was. The copy is a person's to remove.
 *
 * @param db  The writer's connection; nobody else writes.
 * @throws LedgerError `store.notMigrated`
 */
export function migrate(
  db: Database.Database,
  path: string,
  notify: (notice: Notice) => void,
  migrations: readonly Migration[] = MIGRATIONS,
): void {
  const from = schemaVersion(db);
  const to = migrations.length + 1;
  if (from >= to) return;
  const steps = migrations.slice(from - 1);
  try {
    const copy = copyBefore(db, path, from, steps);
    db.transaction(() => {
      for (const { sql } of steps) db.exec(sql);
      db.pragma(`user_version = ${to}`);
    }).immediate();
    notify({ event: "ledger.migrated", fields: { from, to, copy: copy ?? "none: the disk has no room for one" } });
  } catch (cause) {
    const detail = `${path} stays at schema ${from}: ${failureOf(cause).detail}`;
    throw new LedgerError({ code: "store.notMigrated", detail }, { cause });
  }
}

/** @returns where the copy is; `undefined` when there is no room, and none is needed. */
function copyBefore(
  db: Database.Database,
  path: string,
  version: number,
  steps: readonly Migration[],
): string | undefined {
  const copy = `${path}.schema-${version}`;
  db.pragma("wal_checkpoint(TRUNCATE)");
  const head = headOf(db);
  // A start that failed after the copy finds it again. Its name says that it is complete.
  if (existsSync(copy) && headIn(copy) === head) return copy;
  const { bavail, bsize } = statfsSync(dirname(path));
  if (bavail * bsize < statSync(path).size + KEPT_FREE_BYTES) {
    // Selling goes on; a change of more than columns does not come without its copy.
    if (steps.every(({ touchesNoRow }) => touchesNoRow)) return undefined;
    throw new LedgerError({ code: "store.full", detail: `no room for ${copy}` });
  }
  const part = `${copy}.part`;
  rmSync(part, { force: true });
  // The log is empty and the lock is ours: the file is the whole ledger, and is not being written.
  copyFileSync(path, part);
  syncFile(part);
  if (headIn(part) !== head) throw new Error(`${part} does not hold what ${path} does`);
  const free = freeName(copy);
  renameSync(part, free);
  syncDirectory(dirname(path));
  return free;
}

function headIn(path: string): string | undefined {
  const db = new Database(path, { readonly: true });
  try {
    return headOf(db);
  } catch {
    return undefined;
  } finally {
    db.close();
    // Looking makes an empty log beside the copy.
    for (const suffix of ["-wal", "-shm"]) rmSync(path + suffix, { force: true });
  }
}

function headOf(db: Database.Database): string {
  const newest = db.prepare("SELECT seq, hex(hash) AS hash FROM record ORDER BY seq DESC LIMIT 1").get();
  return JSON.stringify([db.prepare("SELECT stream FROM ledger").get(), newest]);
}

function freeName(path: string): string {
  for (let n = 1; ; n += 1) {
    const name = n === 1 ? path : `${path}.${n}`;
    if (!existsSync(name)) return name;
  }
}
