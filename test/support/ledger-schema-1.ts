import { rmSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";

/** The schema of tillgate 0.1.0 as it was written then. Never changed: shops have such files. */
const SCHEMA_1 = `
  CREATE TABLE ledger (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), stream TEXT NOT NULL) STRICT;
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
  PRAGMA application_id = 1413958724;
  PRAGMA user_version = 1;
`;

/** Turns the stopped ledger of this directory into one that version 0.1.0 would have left, with the same records. */
export function asSchema1(directory: string): void {
  const path = join(directory, "ledger.db");
  const old = new Database(`${path}.old`);
  old.pragma("page_size = 2048");
  old.pragma("auto_vacuum = INCREMENTAL");
  old.pragma("journal_mode = WAL");
  old.exec(SCHEMA_1);
  old.prepare("ATTACH ? AS new").run(path);
  old.exec(`
    INSERT INTO ledger SELECT only_row, stream FROM new.ledger;
    INSERT INTO boot SELECT * FROM new.boot;
    INSERT INTO record SELECT * FROM new.record;
  `);
  old.exec("DETACH new");
  old.close();
  for (const suffix of ["", "-wal", "-shm"]) rmSync(path + suffix, { force: true });
  const stopped = new Database(`${path}.old`);
  stopped.exec(`VACUUM INTO '${path}'`);
  stopped.close();
  rmSync(`${path}.old`);
  const moved = new Database(path);
  moved.pragma("journal_mode = WAL");
  moved.close();
}
