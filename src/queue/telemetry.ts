import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import type { Notice, Sample, SampleQuery, StoredSample } from "./messages.ts";
import { SideStore } from "./side-store.ts";
import { BUSY_TIMEOUT_MS, pragmaValue } from "./sqlite.ts";
import { NO_WEAR, type WearState, worn } from "./wear.ts";

/** `at` is in ms since 1970, `mono` in ms since boot, both of the first of `times` equal values; `last_at` of the last. */
const SCHEMA = `
  CREATE TABLE sample (
    id INTEGER PRIMARY KEY, series TEXT NOT NULL, at INTEGER NOT NULL, mono INTEGER NOT NULL,
    last_at INTEGER NOT NULL, times INTEGER NOT NULL, value ANY NOT NULL
  ) STRICT;
  CREATE TABLE dropped (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), samples INTEGER NOT NULL) STRICT;
  INSERT INTO dropped VALUES (1, 0);
  CREATE TABLE wear (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), state TEXT NOT NULL) STRICT
`;

export const TELEMETRY_FILE = "telemetry.db";
const MAX_ROWS = 20_000;
/** Share of the rows that makes room at a time when the file is at its limit. */
const SHARE_AT_ONCE = 1 / 8;

/** What has only one value for a while, and how often it was seen. */
interface Newest {
  readonly id: number;
  readonly value: number | string;
}

/**
 * A ring of samples (`telemetry.db`): the oldest make room and are counted. Its loss costs curves on a page, so it is the
 * first to go when the disk gets full: `shed` deletes it, and until it is opened again what comes is only counted.
 */
export class Telemetry {
  readonly #path: string;
  readonly #limit: number;
  readonly #notify: (notice: Notice) => void;
  readonly #newest = new Map<string, Newest>();
  #store: SideStore | undefined;
  /** Dropped and not written down yet. */
  #dropped = 0;
  #isShed = false;
  #wear: WearState | undefined;

  /** @param limit  Bytes. Opens nothing: a start has no time for it. */
  constructor(directory: string, limit: number, notify: (notice: Notice) => void) {
    this.#path = join(directory, TELEMETRY_FILE);
    this.#limit = limit;
    this.#notify = notify;
  }

  /** `undefined` until the file was read for the first time. */
  get wear(): WearState | undefined {
    return this.#wear;
  }

  /** Opens the file; after it was shed, because there is space again. @throws SqliteError when there is not. */
  open(): void {
    this.#isShed = false;
    this.#store ??= new SideStore({ path: this.#path, schema: SCHEMA, version: 1 }, this.#notify);
    this.#wear ??= this.#store.run(readWear);
  }

  /** Kept in memory, written with the next samples. */
  noteWear(bytes: number, elapsedMs: number): void {
    this.#wear = worn(this.#wear ?? NO_WEAR, bytes, elapsedMs);
  }

  /** @throws SqliteError for a full or failing disk: the samples are then gone, and counted. */
  add(samples: readonly Sample[]): void {
    const dropped = this.#dropped;
    this.#dropped += samples.length;
    if (this.#isShed) return;
    this.open();
    try {
      this.#store?.run((db) => db.transaction(() => this.#add(db, samples, dropped)).immediate());
      this.#dropped = 0;
    } catch (error) {
      this.#newest.clear();
      throw error;
    }
  }

  /** @returns whether there was anything to delete. */
  shed(): boolean {
    if (this.#isShed) return false;
    this.#isShed = true;
    this.#dropped += this.#counted();
    this.close();
    const isThere = existsSync(this.#path);
    for (const suffix of ["", "-wal", "-shm"]) rmSync(this.#path + suffix, { force: true });
    return isThere;
  }

  close(): void {
    this.#store?.close();
    this.#store = undefined;
    this.#newest.clear();
  }

  /** Samples that go with the file, those included that it had dropped before. */
  #counted(): number {
    const all = "SELECT samples + (SELECT coalesce(sum(times), 0) FROM sample) FROM dropped";
    try {
      return this.#store?.run((db) => db.prepare<[], number>(all).pluck().get()) ?? 0;
    } catch {
      return 0; // It cannot be read any more, and is on its way out.
    }
  }

  #add(db: Database.Database, samples: readonly Sample[], dropped: number): void {
    const insert = db.prepare("INSERT INTO sample (series, at, mono, last_at, times, value) VALUES (?, ?, ?, ?, 1, ?)");
    const repeat = db.prepare("UPDATE sample SET times = times + 1, last_at = ? WHERE id = ?");
    for (const { series, at, mono, value } of samples) {
      const newest = this.#newest.get(series);
      if (newest?.value === value && repeat.run(at, newest.id).changes === 1) continue;
      const id = Number(insert.run(series, at, mono, at, value).lastInsertRowid);
      this.#newest.set(series, { id, value });
    }
    db.prepare("UPDATE dropped SET samples = samples + ?").run(dropped + this.#trim(db));
    db.prepare("INSERT OR REPLACE INTO wear VALUES (1, ?)").run(JSON.stringify(this.#wear ?? NO_WEAR));
  }

  /** @returns how many samples made room. */
  #trim(db: Database.Database): number {
    const rows = Number(db.prepare("SELECT count(*) FROM sample").pluck().get());
    const pages = Number(pragmaValue(db, "page_count")) - Number(pragmaValue(db, "freelist_count"));
    const isTooLarge = pages * Number(pragmaValue(db, "page_size")) > this.#limit;
    const surplus = Math.max(rows - MAX_ROWS, isTooLarge ? Math.ceil(rows * SHARE_AT_ONCE) : 0);
    if (surplus === 0) return 0;
    const oldest = "SELECT id FROM sample ORDER BY id LIMIT ?";
    const samples = db.prepare(`SELECT sum(times) FROM sample WHERE id IN (${oldest})`).pluck().get(surplus);
    db.prepare(`DELETE FROM sample WHERE id IN (${oldest})`).run(surplus);
    return Number(samples);
  }
}

/** Samples of one series from this id on, oldest first. None when the ring was shed. */
export function readSamples(directory: string, { series, from, limit }: SampleQuery): readonly StoredSample[] {
  const path = join(directory, TELEMETRY_FILE);
  if (!existsSync(path)) return [];
  const db = new Database(path, { readonly: true, timeout: BUSY_TIMEOUT_MS });
  try {
    return db
      .prepare<[string, number, number], StoredSample>(
        `SELECT id, at, last_at AS lastAt, mono, times, value FROM sample WHERE series = ? AND id >= ? ORDER BY id LIMIT ?`,
      )
      .all(series, from, limit);
  } finally {
    db.close();
  }
}

function readWear(db: Database.Database): WearState {
  const text = db.prepare<[], string>("SELECT state FROM wear").pluck().get();
  const state: unknown = text === undefined ? undefined : JSON.parse(text);
  return isWear(state) ? state : NO_WEAR;
}

function isWear(state: unknown): state is WearState {
  if (typeof state !== "object" || state === null || !("hours" in state) || !("intoHourMs" in state)) return false;
  const { hours, intoHourMs } = state;
  return Array.isArray(hours) && hours.every((bytes) => typeof bytes === "number") && typeof intoHourMs === "number";
}
