import Database from "better-sqlite3";

/**
 * What each version adds to the one before it. Nothing is ever dropped.
 *
 * 1. Each record once, under its key; `fork`: others that claimed the same key. `duplicates`: deliveries of a record that
 *    was stored already. They are counted, and nothing else.
 * 2. `arrival`: in which order records came for the first time. `accounted`: positions that a gap record speaks of instead
 *    of the record itself. `link`: which stream continues which. `claim`: what somebody said is the hash at a position
 *    whose record is not here. `head`: the highest head that a session of a gateway told. `alarm`: what no receipt can put
 *    right. Of a record: in which other it was `carrier`-ied here, and when it really happened (`dated_at`).
 */
const VERSIONS: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS stream (
     stream TEXT PRIMARY KEY, tenant TEXT NOT NULL, site TEXT NOT NULL, gateway TEXT NOT NULL,
     duplicates INTEGER NOT NULL DEFAULT 0, chain_breaks INTEGER NOT NULL DEFAULT 0
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE IF NOT EXISTS record (
     stream TEXT NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, hash TEXT NOT NULL, prev_hash TEXT NOT NULL,
     envelope TEXT NOT NULL, PRIMARY KEY (stream, seq)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE IF NOT EXISTS fork (
     stream TEXT NOT NULL, seq INTEGER NOT NULL, hash TEXT NOT NULL, envelope TEXT NOT NULL,
     PRIMARY KEY (stream, seq, hash)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE IF NOT EXISTS damaged (
     id INTEGER PRIMARY KEY, topic TEXT NOT NULL, why TEXT NOT NULL, payload BLOB NOT NULL
   ) STRICT;`,
  `ALTER TABLE stream ADD COLUMN lives INTEGER NOT NULL DEFAULT 1;
   ALTER TABLE record ADD COLUMN carrier TEXT;
   ALTER TABLE record ADD COLUMN boot TEXT;
   ALTER TABLE record ADD COLUMN dated_at TEXT;
   ALTER TABLE record ADD COLUMN date_basis TEXT;
   CREATE INDEX undated ON record (boot) WHERE date_basis = 'unknown';
   CREATE INDEX clock ON record (stream, seq) WHERE kind = 'clock';
   CREATE TABLE arrival (n INTEGER PRIMARY KEY, stream TEXT NOT NULL, seq INTEGER NOT NULL) STRICT;
   CREATE TABLE accounted (
     stream TEXT NOT NULL, from_seq INTEGER NOT NULL, to_seq INTEGER NOT NULL, why TEXT NOT NULL,
     PRIMARY KEY (stream, from_seq, to_seq, why)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE link (
     stream TEXT PRIMARY KEY, because TEXT NOT NULL, prev_stream TEXT, prev_seq INTEGER, prev_hash TEXT
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE claim (
     stream TEXT NOT NULL, seq INTEGER NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (stream, seq, hash)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE head (
     stream TEXT NOT NULL, session TEXT NOT NULL, seq INTEGER NOT NULL, hash TEXT NOT NULL,
     PRIMARY KEY (stream, session)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE alarm (
     stream TEXT NOT NULL, seq INTEGER NOT NULL, what TEXT NOT NULL, detail TEXT NOT NULL,
     PRIMARY KEY (stream, seq, what)
   ) STRICT, WITHOUT ROWID;`,
];

/** Opens headquarters' database, or begins one. What it says is stored survives a power loss: a receipt is a promise. */
export function openDatabase(file: string): Database.Database {
  const db = new Database(file);
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  db.transaction(() => {
    const version = Number(db.pragma("user_version", { simple: true }));
    for (const step of VERSIONS.slice(version)) db.exec(step);
    if (version < VERSIONS.length) db.pragma(`user_version = ${VERSIONS.length}`);
  }).immediate();
  return db;
}
