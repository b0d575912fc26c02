import Database from "better-sqlite3";
import type { StreamId } from "../domain/record.ts";
import { streamId } from "../domain/record.ts";
import { LedgerError } from "./ledger-error.ts";
import { BUSY_TIMEOUT_MS, pragmaValue } from "./sqlite.ts";

export const LEDGER_FILE = "ledger.db";

/** "TGLD": what `file` and others see that this SQLite file is. */
const APPLICATION_ID = 0x54474c44;
const SCHEMA_VERSION = 2;

/**
 * `ledger` says whose records these are. `floor_seq` and `floor_hash` are of the newest record that retention has freed:
 * the chain is checked from there. `prev_…` is the head of the stream that this one continues; `machine` is where it lives.
 * No secondary index: one on (terminal, at) raises the bytes written per append by more than half.
 * `at` is in ms since 1970, `mono` in ms since boot, `hash` 32 bytes; `prevHash` is the row before.
 */
const SCHEMA = `
  CREATE TABLE ledger (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    stream TEXT NOT NULL,
    floor_seq INTEGER NOT NULL DEFAULT 0,
    floor_hash BLOB,
    begun_because TEXT,
    prev_stream TEXT,
    prev_seq INTEGER,
    prev_hash BLOB,
    machine TEXT
  ) STRICT;
  CREATE TABLE boot (id INTEGER PRIMARY KEY, boot_id TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE record (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    lane TEXT NOT NULL,
    terminal TEXT,
    boot INTEGER NOT NULL,
    mono INTEGER NOT NULL,
    synced INTEGER NOT NULL,
    body TEXT NOT NULL,
    hash BLOB NOT NULL
  ) STRICT;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/** What each version adds to the one before it, from 2 on. Nothing is ever dropped. */
const MIGRATIONS: readonly string[] = [
  `ALTER TABLE ledger ADD COLUMN floor_seq INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE ledger ADD COLUMN floor_hash BLOB;
   ALTER TABLE ledger ADD COLUMN begun_because TEXT;
   ALTER TABLE ledger ADD COLUMN prev_stream TEXT;
   ALTER TABLE ledger ADD COLUMN prev_seq INTEGER;
   ALTER TABLE ledger ADD COLUMN prev_hash BLOB;
   ALTER TABLE ledger ADD COLUMN machine TEXT;`,
];

/**
 * Half of SQLite's default: a commit writes whole pages, and with small ones an append of 400 bytes
 * costs 8.4 KB on disk instead of 10.3 KB.
 */
const PAGE_BYTES = 2048;
/** Together 4 MiB of WAL before a commit copies it back, as SQLite's default does with its larger pages. */
const CHECKPOINT_PAGES = 2000;
const WAL_LIMIT_BYTES = 4 * 1024 * 1024;

/** The writer's connection. Creates the ledger when there is none. */
export function openLedgerFile(path: string, newStream: () => StreamId): Database.Database {
  const db = new Database(path, { timeout: BUSY_TIMEOUT_MS });
  const isNew = db.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() === undefined;
  if (isNew) {
    db.pragma(`page_size = ${PAGE_BYTES}`);
    db.pragma("auto_vacuum = INCREMENTAL");
  } else {
    checkSchema(db, path);
  }
  const mode = pragmaValue(db, "journal_mode = WAL");
  if (mode !== "wal") throw new LedgerError({ code: "store.noWal", detail: `${path} stays in journal mode ${mode}` });
  // better-sqlite3 is compiled so that WAL falls back to NORMAL at the first write unless FULL is asked for
  // (its docs/compilation.md, SQLITE_DEFAULT_WAL_SYNCHRONOUS): commits could then vanish with the power.
  db.pragma("synchronous = FULL");
  db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  db.pragma(`journal_size_limit = ${WAL_LIMIT_BYTES}`);
  if (!isNew) migrate(db);
  if (isNew) {
    db.transaction(() => {
      db.exec(SCHEMA);
      db.prepare("INSERT INTO ledger (only_row, stream) VALUES (1, ?)").run(newStream());
    }).immediate();
  }
  return db;
}

/** A connection that changes nothing. @throws LedgerError when there is no ledger that we can read. */
export function openLedgerFileReadonly(path: string): Database.Database {
  const db = new Database(path, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
  checkSchema(db, path);
  return db;
}

export function readStream(db: Database.Database): StreamId {
  const stream = db.prepare<[], string>("SELECT stream FROM ledger").pluck().get();
  if (stream === undefined) throw new LedgerError({ code: "store.damaged", detail: "the ledger has no stream id" });
  return streamId(stream);
}

function migrate(db: Database.Database): void {
  const version = Number(pragmaValue(db, "user_version"));
  if (version === SCHEMA_VERSION) return;
  db.transaction(() => {
    for (const step of MIGRATIONS.slice(version - 1)) db.exec(step);
    db.pragma(`user_version = ${SCHEMA_VERSION}`);
  }).immediate();
}

function checkSchema(db: Database.Database, path: string): void {
  const application = pragmaValue(db, "application_id");
  if (application !== APPLICATION_ID) {
    throw new LedgerError({ code: "store.notALedger", detail: `${path} has application id ${application}` });
  }
  const version = pragmaValue(db, "user_version");
  if (typeof version !== "number" || version > SCHEMA_VERSION) {
    const detail = `${path} has schema version ${version}, this tillgate knows ${SCHEMA_VERSION}`;
    throw new LedgerError({ code: "store.newerSchema", detail });
  }
}
