import type Database from "better-sqlite3";
import { LedgerError } from "./ledger-error.ts";
import type { PackedPage } from "./page.ts";
import type { RecordReader } from "./record-reader.ts";
import { seq } from "../domain/record.ts";
import { recordKeysOf } from "../domain/record-keys.ts";

/** Contracts, "Local HTTP": a key is kept at least so long. */
const KEPT_MS = 90 * 24 * 60 * 60 * 1000;
/** Once a day is soon enough for what is kept for three months. */
const ROUND_EVERY_MS = 24 * 60 * 60 * 1000;
/** Keys that one transaction looks at, in a few milliseconds: an append that comes meanwhile waits for it. */
const SLICE_KEYS = 500;

/** The writer's side: in the transaction of the record itself. */
export class KeyWriter {
  readonly #put: Database.Statement<[string, number, number]>;
  readonly #know: Database.Statement<[string, number]>;

  constructor(db: Database.Database) {
    this.#put = db.prepare(
      `INSERT INTO record_key (key, seq, at) VALUES (?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET seq = excluded.seq, at = excluded.at`,
    );
    this.#know = db.prepare("INSERT INTO record_key (key, seq, at) VALUES (?, 0, ?) ON CONFLICT (key) DO NOTHING");
  }

  /** From now on this record is the newest under the key. @param at  ms since 1970; 0 by a clock that may be wrong. */
  put(key: string, record: number, at: number): void {
    this.#put.run(key, record, at);
  }

  /** There was a record under this key, which is not here any more. */
  know(key: string, at: number): void {
    this.#know.run(key, at);
  }
}

/** The reader's side. @returns the record alone in a page, or that retention has freed it. */
export function findByKey(db: Database.Database, reader: RecordReader, key: string): PackedPage | "freed" | undefined {
  const find = db.prepare<[string], number>("SELECT seq FROM record_key WHERE key = ?").pluck();
  for (let before = -1; ;) {
    const at = find.get(key);
    if (at === undefined) return undefined;
    if (at <= reader.floor().seq) return "freed";
    try {
      return reader.page(seq(at), 1);
    } catch (error) {
      // Between two looks retention may have passed, or a newer record have come.
      if (!(error instanceof LedgerError) || error.code !== "record.freed" || at === before) throw error;
      before = at;
    }
  }
}

interface KeyRow {
  readonly key: string;
  readonly seq: number;
  readonly at: number;
}

/** Forgets keys whose record was freed and that are older than 90 days; goes through all of them once a day, slice by slice. */
export class KeyTidying {
  readonly #db: Database.Database;
  #now = 0;
  /** Where the round stands; `undefined` between two rounds. */
  #after: string | undefined;
  #roundAt = Number.NEGATIVE_INFINITY;

  constructor(db: Database.Database) {
    this.#db = db;
  }

  /** @param now  ms since 1970, by a clock that is right. */
  plan(now: number): void {
    this.#now = now;
    if (this.#after !== undefined || Math.abs(now - this.#roundAt) < ROUND_EVERY_MS) return;
    this.#roundAt = now;
    this.#after = "";
  }

  get isBusy(): boolean {
    return this.#after !== undefined;
  }

  /** Forgets what was planned, until the next day. */
  rest(): void {
    this.#after = undefined;
  }

  /** One short transaction. @param floor  The newest record that was freed. */
  slice(floor: number): void {
    if (this.#after === undefined) return;
    const rows = this.#db
      .prepare<[string, number], KeyRow>("SELECT key, seq, at FROM record_key WHERE key > ? ORDER BY key LIMIT ?")
      .all(this.#after, SLICE_KEYS);
    const freed = rows.filter((row) => row.seq <= floor);
    const gone = freed.filter(({ at }) => at > 0 && at < this.#now - KEPT_MS);
    const undated = freed.filter(({ at }) => at <= 0);
    if (gone.length + undated.length > 0) this.#change(gone, undated);
    this.#after = rows.length < SLICE_KEYS ? undefined : rows.at(-1)?.key;
  }

  #change(gone: readonly KeyRow[], undated: readonly KeyRow[]): void {
    const remove = this.#db.prepare("DELETE FROM record_key WHERE key = ? AND seq = ?");
    const date = this.#db.prepare("UPDATE record_key SET at = ? WHERE key = ? AND seq = ?");
    this.#db
      .transaction(() => {
        for (const { key, seq: record } of gone) remove.run(key, record);
        for (const { key, seq: record } of undated) date.run(this.#now, key, record);
      })
      .immediate();
  }
}

/** Records looked through for what a key stood for before: more than one refused commit could have moved. */
const LOOKED_BACK = 20_000;

/**
 * Takes back what a refused commit did to the keys. One whose earlier record cannot be found stands for one that is not here:
 * no request is carried out under it.
 *
 * @param head  The newest record that was not refused.
 */
export function takeBackKeys(db: Database.Database, head: number): void {
  const wrong = new Set(db.prepare<[number], string>("SELECT key FROM record_key WHERE seq > ?").pluck().all(head));
  if (wrong.size === 0) return;
  const moved: (readonly [number, string])[] = [];
  const point = db.prepare("UPDATE record_key SET seq = ? WHERE key = ?");
  const rows = db.prepare<[number, number], { seq: number; kind: string; body: string }>(
    "SELECT seq, kind, body FROM record WHERE seq <= ? ORDER BY seq DESC LIMIT ?",
  );
  for (const { seq: at, kind, body } of rows.iterate(head, LOOKED_BACK)) {
    if (wrong.size === 0) break;
    if (kind !== "transaction" && kind !== "alternative" && kind !== "carried") continue;
    const found = recordKeysOf({ kind, body: parsed(body) }).filter((key) => wrong.delete(key));
    for (const key of found) moved.push([at, key]);
  }
  for (const [at, key] of moved) point.run(at, key);
  for (const key of wrong) point.run(0, key);
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}
