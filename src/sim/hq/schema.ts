import Database from "better-sqlite3";

/** `duplicates`: deliveries of a record that was stored already. They are counted, and nothing else. */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS stream (
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
) STRICT;
`;

/** Opens headquarters' database, or begins one. What it says is stored survives a power loss: a receipt is a promise. */
export function openDatabase(file: string): Database.Database {
  const db = new Database(file);
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  db.exec(SCHEMA);
  return db;
}
