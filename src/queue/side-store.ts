import { existsSync, renameSync } from "node:fs";
import Database from "better-sqlite3";
import { LedgerError } from "./ledger-error.ts";
import type { Notice } from "./messages.ts";
import { BUSY_TIMEOUT_MS, failureOf, isRefusedByFileSystem, pragmaValue } from "./sqlite.ts";

const WAL_LIMIT_BYTES = 1024 * 1024;
const CHECKPOINT_PAGES = 250;

export interface SideStoreFile {
  readonly path: string;
  /** DDL. Changing it takes a new `version`: the old file is then set aside. */
  readonly schema: string;
  readonly version: number;
  /** Overwrites what is deleted. */
  readonly secureDelete?: boolean;
}

/**
 * A small database beside the ledger whose loss costs comfort, never money: WAL with `synchronous=NORMAL`,
 * so it survives the process but the last moments may be missing after a power loss.
 * When it is damaged it is renamed aside, never deleted, and begun anew.
 */
export class SideStore {
  readonly #file: SideStoreFile;
  readonly #notify: (notice: Notice) => void;
  #db: Database.Database;
  /** It met a file system that refuses: its connection may stay read-only although the file is not. */
  #isSuspect = false;

  constructor(file: SideStoreFile, notify: (notice: Notice) => void) {
    this.#file = file;
    this.#notify = notify;
    this.#db = this.#openOrBeginAnew();
  }

  /**
   * Runs `work` on the database; once more on an empty one when the file turns out to be damaged.
   *
   * @throws SqliteError for a full or failing disk, LedgerError `store.missing` when the file's directory is gone.
   */
  run<T>(work: (db: Database.Database) => T): T {
    if (this.#isSuspect) this.#reopen();
    try {
      return work(this.#db);
    } catch (error) {
      this.#isSuspect = isRefusedByFileSystem(failureOf(error));
      if (!isUseless(error)) throw error;
      this.#db.close();
      this.#setAside(error);
      this.#db = this.#open();
      return work(this.#db);
    }
  }

  /** Closes the file until it is needed again. */
  letGo(): void {
    this.#db.close();
    this.#isSuspect = true;
  }

  close(): void {
    this.#db.close();
  }

  #reopen(): void {
    const { path } = this.#file;
    this.#db.close();
    // Where nothing is mounted any more, one that is begun anew would lie beside the store.
    if (!existsSync(path)) throw new LedgerError({ code: "store.missing", detail: `there is no ${path}` });
    this.#db = this.#openOrBeginAnew();
    this.#isSuspect = false;
  }

  #openOrBeginAnew(): Database.Database {
    try {
      return this.#open();
    } catch (error) {
      if (!isUseless(error)) throw error;
      this.#setAside(error);
      return this.#open();
    }
  }

  #open(): Database.Database {
    const { path, schema, version, secureDelete = false } = this.#file;
    const db = new Database(path, { timeout: BUSY_TIMEOUT_MS });
    try {
      const found = pragmaValue(db, "user_version");
      if (found !== 0 && found !== version) {
        throw new LedgerError({ code: "store.newerSchema", detail: `${path} has version ${found}, not ${version}` });
      }
      db.pragma("journal_mode = WAL");
      db.pragma("synchronous = NORMAL");
      db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
      db.pragma(`journal_size_limit = ${WAL_LIMIT_BYTES}`);
      if (secureDelete) db.pragma("secure_delete = ON");
      if (found === 0) db.transaction(() => db.exec(`${schema}; PRAGMA user_version = ${version};`)).immediate();
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  }

  #setAside(error: unknown): void {
    const { path } = this.#file;
    const to = asideName(path);
    for (const suffix of ["", "-wal", "-shm"]) {
      if (existsSync(path + suffix)) renameSync(path + suffix, to + suffix);
    }
    this.#notify({ event: "store.setAside", fields: { file: path, to, reason: failureOf(error).detail } });
  }
}

function isUseless(error: unknown): boolean {
  const { code } = failureOf(error);
  return code === "store.damaged" || code === "store.newerSchema";
}

/** Numbered, not dated: the clock may be wrong, and a name that exists must never be overwritten. */
export function asideName(path: string): string {
  for (let n = 1; ; n += 1) {
    const candidate = `${path}.aside-${n}`;
    if (!existsSync(candidate)) return candidate;
  }
}
