import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import type Database from "better-sqlite3";
import { type HistoryHour, merged, wholeOf } from "../../domain/history.ts";
import type { Notice } from "../messages.ts";
import { SideStore } from "../side-store.ts";
import { pragmaValue } from "../sqlite.ts";
import { packMinutes, unpackMinutes } from "./packed-minutes.ts";

export const HISTORY_FILE = "history.db";

/**
 * The hour first in both keys: what is written together lies together, a handful of pages for all series.
 * `hour`, `first` and `last` are hours since 1970.
 */
const SCHEMA = `
  CREATE TABLE series (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, first INTEGER NOT NULL, last INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE hour (
    hour INTEGER NOT NULL, series INTEGER NOT NULL, count INTEGER NOT NULL,
    least REAL NOT NULL, mean REAL NOT NULL, most REAL NOT NULL, undated INTEGER NOT NULL,
    PRIMARY KEY (hour, series)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE minutes (
    hour INTEGER NOT NULL, series INTEGER NOT NULL, packed BLOB NOT NULL, PRIMARY KEY (hour, series)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE dropped (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), rows INTEGER NOT NULL) STRICT;
  INSERT INTO dropped VALUES (1, 0)
`;

/** Five weeks by the minute: what a technician asks about. Hours. */
const KEEP_MINUTES = 35 * 24;
/** A year and a month by the hour: last year's season. Hours. */
const KEEP_HOURS = 400 * 24;
/** Share of a table's time that makes room at a time when the file is at its limit. */
const SHARE_AT_ONCE = 1 / 8;
/** While there are so many hours by the minute, they go before those by the hour. */
const MINUTES_GO_FIRST = 48;

interface StoredHour {
  readonly count: number;
  readonly min: number;
  readonly mean: number;
  readonly max: number;
  readonly undated: number;
}

/** The past of all figures, on disk. Lives in the writer thread; its loss costs curves, never money. */
export class HistoryFile {
  readonly #path: string;
  readonly #limit: number;
  readonly #notify: (notice: Notice) => void;
  #store: SideStore | undefined;

  /** @param limit  Bytes. Opens nothing: a start has no time for it. */
  constructor(directory: string, limit: number, notify: (notice: Notice) => void) {
    this.#path = join(directory, HISTORY_FILE);
    this.#limit = limit;
    this.#notify = notify;
  }

  /** Adds to what stands there of the same minutes. @throws SqliteError for a full or failing disk: nothing is then written. */
  write(hours: readonly HistoryHour[]): void {
    if (hours.length === 0) return;
    this.#store ??= new SideStore({ path: this.#path, schema: SCHEMA, version: 1 }, this.#notify);
    this.#store.run((db) =>
      db
        .transaction(() => {
          for (const hour of hours) writeHour(db, hour);
          this.#forget(db, hours);
        })
        .immediate(),
    );
  }

  /** @returns whether there was anything to delete. */
  shed(): boolean {
    this.close();
    const isThere = existsSync(this.#path);
    for (const suffix of ["", "-wal", "-shm"]) rmSync(this.#path + suffix, { force: true });
    return isThere;
  }

  close(): void {
    this.#store?.close();
    this.#store = undefined;
  }

  #forget(db: Database.Database, hours: readonly HistoryHour[]): void {
    // Never by a clock that may be years ahead.
    const now = Math.max(...hours.filter(({ isUndated }) => !isUndated).map(({ hour }) => hour));
    if (Number.isFinite(now)) {
      db.prepare("DELETE FROM minutes WHERE hour < ?").run(now - KEEP_MINUTES);
      db.prepare("DELETE FROM hour WHERE hour < ?").run(now - KEEP_HOURS);
      db.prepare("DELETE FROM series WHERE last < ?").run(now - KEEP_HOURS);
    }
    if (usedBytes(db) > this.#limit) makeRoom(db);
  }
}

function writeHour(db: Database.Database, { series, hour, minutes, isUndated }: HistoryHour): void {
  const added = wholeOf(minutes.values());
  if (added === undefined) return;
  const id = db
    .prepare<[string, number, number], number>(
      `INSERT INTO series (name, first, last) VALUES (?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET first = min(first, excluded.first), last = max(last, excluded.last) RETURNING id`,
    )
    .pluck()
    .get(series, hour, hour);
  if (id === undefined) return;
  const packed = db
    .prepare<[number, number], Buffer>("SELECT packed FROM minutes WHERE hour = ? AND series = ?")
    .pluck()
    .get(hour, id);
  const all = packed === undefined ? new Map(minutes) : unpackMinutes(packed);
  if (packed !== undefined) for (const [minute, one] of minutes) all.set(minute, merged(all.get(minute), one));
  db.prepare("INSERT OR REPLACE INTO minutes VALUES (?, ?, ?)").run(hour, id, packMinutes(all));
  const before = db
    .prepare<[number, number], StoredHour>(
      "SELECT count, least AS min, mean, most AS max, undated FROM hour WHERE hour = ? AND series = ?",
    )
    .get(hour, id);
  const { count, min, mean, max } = merged(before, added);
  const undated = isUndated || before?.undated === 1 ? 1 : 0;
  db.prepare("INSERT OR REPLACE INTO hour VALUES (?, ?, ?, ?, ?, ?, ?)").run(hour, id, count, min, mean, max, undated);
}

/** The oldest go, and are counted: by the minute first, while there is more of that than a technician needs tomorrow. */
function makeRoom(db: Database.Database): void {
  const spanOf = (table: "minutes" | "hour"): number =>
    Number(db.prepare(`SELECT count(DISTINCT hour) FROM ${table}`).pluck().get());
  const table = spanOf("minutes") > MINUTES_GO_FIRST ? "minutes" : "hour";
  const surplus = Math.ceil(spanOf(table) * SHARE_AT_ONCE);
  const { changes } = db
    .prepare(`DELETE FROM ${table} WHERE hour IN (SELECT DISTINCT hour FROM ${table} ORDER BY hour LIMIT ?)`)
    .run(surplus);
  db.prepare("UPDATE dropped SET rows = rows + ?").run(changes);
}

function usedBytes(db: Database.Database): number {
  const pages = Number(pragmaValue(db, "page_count")) - Number(pragmaValue(db, "freelist_count"));
  return pages * Number(pragmaValue(db, "page_size"));
}
