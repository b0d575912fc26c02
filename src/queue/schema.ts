import Database from "better-sqlite3";
import type { StreamCause } from "../domain/gap.ts";
import { type ChainPoint, isStreamId, type StreamId, streamId } from "../domain/record.ts";
import { type EarlierStream, earlierStreamsIn } from "./earlier-streams.ts";
import { LedgerError } from "./ledger-error.ts";
import { BUSY_TIMEOUT_MS, pragmaValue } from "./sqlite.ts";
import type { Journal } from "./wal-probe.ts";

export const LEDGER_FILE = "ledger.db";

/** "TGLD": what `file` and others see that this SQLite file is. */
const APPLICATION_ID = 0x54474c44;
const SCHEMA_VERSION = 4;
const EARLIER_SINCE_SCHEMA = 3;
/** Schemas that later versions may come to; a number beyond is a damaged header. */
const VERSIONS_AHEAD = 100;

/** Since schema 4. */
export const RECORD_KEY_TABLE = `CREATE TABLE record_key (
    key TEXT NOT NULL PRIMARY KEY,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;`;

/**
 * `ledger` says whose records these are. `floor_seq` and `floor_hash` are of the newest record that retention has freed:
 * the chain is checked from there. `prev_…` is the head of the stream that this one continues; `machine` is where it lives;
 * `earlier` holds the streams before it, see `EarlierStream`.
 * No secondary index: one on (terminal, at) raises the bytes written per append by more than half.
 * `record_key` says which record is the newest under a key; seq 0 stands for one that is not here any more. Its `at` is 0
 * while no clock that was right has dated it. Three columns, and no rowid: salvage tells its cells from those of `boot`.
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
    machine TEXT,
    earlier TEXT
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
  ${RECORD_KEY_TABLE}
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/**
 * Half of SQLite's default: a commit writes whole pages, and with small ones an append of 400 bytes
 * costs 8.4 KB on disk instead of 10.3 KB.
 */
export const PAGE_BYTES = 2048;
/** Together 4 MiB of WAL before a commit copies it back, as SQLite's default does with its larger pages. */
const CHECKPOINT_PAGES = 2000;
const WAL_LIMIT_BYTES = 4 * 1024 * 1024;

/** Why a ledger was begun as the continuation of another: the first record of its stream says so to HQ. */
export interface Begun {
  readonly because: StreamCause;
  readonly prevStream?: StreamId;
  readonly prevHead?: ChainPoint;
}

export interface NewLedger {
  readonly stream: StreamId;
  /** See `machineIdOf`. */
  readonly machine?: string | undefined;
  readonly begun?: Begun | undefined;
  /** The newest first. */
  readonly earlier?: readonly EarlierStream[];
}

/** Begins a ledger in a file that does not exist, or holds no page of a ledger yet. */
export function createLedgerFile(path: string, journal: Journal, ledger: NewLedger): Database.Database {
  const db = new Database(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    db.pragma(`page_size = ${PAGE_BYTES}`);
    db.pragma("auto_vacuum = INCREMENTAL");
    setJournal(db, journal);
    const { stream, machine, begun, earlier = [] } = ledger;
    db.transaction(() => {
      db.exec(SCHEMA);
      db.prepare(
        `INSERT INTO ledger (only_row, stream, machine, begun_because, prev_stream, prev_seq, prev_hash, earlier)
         VALUES (1, ?, ?, ?, ?, ?, ?, ?)`,
      ).run(
        stream,
        machine ?? null,
        begun?.because ?? null,
        begun?.prevStream ?? null,
        begun?.prevHead?.seq ?? null,
        begun?.prevHead === undefined ? null : Buffer.from(begun.prevHead.hash, "hex"),
        earlier.length === 0 ? null : JSON.stringify(earlier),
      );
    }).immediate();
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** The writer's connection to a ledger that exists, with its journal set; its schema may be older than ours. */
export function openLedgerFile(path: string, journal: Journal): Database.Database {
  const db = new Database(path, { timeout: BUSY_TIMEOUT_MS, fileMustExist: true });
  try {
    // With the file to itself, SQLite needs no shared memory to end the logging of a ledger that came from elsewhere.
    if (journal.mode === "delete") db.pragma("locking_mode = EXCLUSIVE");
    checkSchema(db, path);
    setJournal(db, journal);
    if (journal.mode === "delete") {
      db.pragma("locking_mode = NORMAL");
      db.prepare("SELECT 1 FROM ledger").get();
    }
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Whether there is anything in the file: a start that was killed at its very beginning may have left it empty. */
export function holdsNothing(db: Database.Database): boolean {
  // A damaged page of the schema can look empty too: then the other pages show that there was something.
  return (
    db.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() === undefined && Number(pragmaValue(db, "page_count")) <= 1
  );
}

function setJournal(db: Database.Database, journal: Journal): void {
  const mode = pragmaValue(db, `journal_mode = ${journal.mode}`);
  if (mode !== journal.mode) {
    throw new LedgerError({ code: "store.noWal", detail: `the journal mode stays ${mode}, not ${journal.mode}` });
  }
  // better-sqlite3 is compiled so that WAL falls back to NORMAL at the first write unless FULL is asked for
  // (its docs/compilation.md, SQLITE_DEFAULT_WAL_SYNCHRONOUS): commits could then vanish with the power. Without a WAL
  // a commit is the removal of the journal, and only EXTRA makes that survive too: else the power brings the journal
  // back, and the next open rolls back what was acknowledged.
  db.pragma(`synchronous = ${journal.mode === "wal" ? "FULL" : "EXTRA"}`);
  if (journal.mode !== "wal") return;
  db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  db.pragma(`journal_size_limit = ${WAL_LIMIT_BYTES}`);
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
  try {
    return streamId(stream);
  } catch (cause) {
    throw new LedgerError({ code: "store.damaged", detail: "the ledger's stream id is none" }, { cause });
  }
}

/** The stream that this one continues. Of a file that was migrated. */
export function readPrevStream(db: Database.Database): StreamId | undefined {
  const stream = db.prepare<[], string | null>("SELECT prev_stream FROM ledger").pluck().get();
  return typeof stream === "string" && isStreamId(stream) ? stream : undefined;
}

/** Streams whose records this ledger took over, the newest first. */
export function readEarlierStreams(db: Database.Database): readonly EarlierStream[] {
  if (schemaVersion(db) < EARLIER_SINCE_SCHEMA) return [];
  return earlierStreamsIn(db.prepare<[], string | null>("SELECT earlier FROM ledger").pluck().get());
}

export function isOfOldSchema(db: Database.Database): boolean {
  return schemaVersion(db) < SCHEMA_VERSION;
}

/** Of a file whose schema was checked. */
export function schemaVersion(db: Database.Database): number {
  return Number(pragmaValue(db, "user_version"));
}

/** @throws LedgerError `store.notALedger`, `store.newerSchema`, or `store.damaged` for marks that no tillgate ever wrote. */
export function checkSchema(db: Database.Database, path: string): void {
  const application = pragmaValue(db, "application_id");
  const version = schemaVersion(db);
  const isOurs = application === APPLICATION_ID;
  if (!isOurs && !hasOurTables(db)) {
    throw new LedgerError({ code: "store.notALedger", detail: `${path} has application id ${application}` });
  }
  if (!isOurs || version < 1 || version > SCHEMA_VERSION + VERSIONS_AHEAD) {
    const detail = `${path} has application id ${application} and schema version ${version}`;
    throw new LedgerError({ code: "store.damaged", detail });
  }
  if (version > SCHEMA_VERSION) {
    const detail = `${path} has schema version ${version}, this tillgate knows ${SCHEMA_VERSION}`;
    throw new LedgerError({ code: "store.newerSchema", detail });
  }
}

function hasOurTables(db: Database.Database): boolean {
  const known = db.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all();
  return known.includes("ledger") && known.includes("record");
}
