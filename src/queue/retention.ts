import type Database from "better-sqlite3";
import { type ChainPoint, type Seq, seq } from "../domain/record.ts";
import { Floor } from "./floor.ts";
import { LedgerError } from "./ledger-error.ts";
import { pragmaValue } from "./sqlite.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** Records that one transaction frees, in some milliseconds: an append that comes meanwhile waits for it. */
const SLICE_RECORDS = 500;
/** Pages that one transaction gives back to the file system: half a MiB. */
const SLICE_PAGES = 256;
/** Free pages that stay for the next records: giving them back and taking them again would wear the flash. */
const CUSHION_PAGES = 512;

export interface RetentionRules {
  readonly keepDays: number;
  /** Bytes. */
  readonly keep: number;
}

export interface RetentionRound {
  /** Everything up to here is confirmed, and no consumer needs it for a restart. */
  readonly upTo: Seq;
  /** Wall time in ms since 1970; absent while the clock is not synchronised: then nothing is freed for its age. */
  readonly now?: number;
  /** Space is short: everything that may go does. */
  readonly isPressed: boolean;
}

interface Dated {
  readonly seq: number;
  readonly at: number;
  readonly synced: number;
}

/**
 * Frees records that headquarters holds and that nobody here needs: older than `keepDays`, or beyond `keep` bytes. Works in
 * slices, each a transaction that moves the floor with it, so that a kill at any moment leaves a whole chain.
 * The newest record always stays: the chain goes on from it.
 */
export class Retention {
  readonly #db: Database.Database;
  readonly #rules: RetentionRules;
  readonly #beforeFreeing: () => void;
  readonly #rows: Database.Statement<[number, number, number], Dated>;
  readonly #row: Database.Statement<[number], Dated>;
  readonly #hash: Database.Statement<[number], Buffer>;
  readonly #setFloor: Database.Statement<[number, Buffer]>;
  readonly #delete: Database.Statement<[number]>;
  #floor: ChainPoint;
  /** Frees up to here for its bytes; 0 when there is nothing to do. */
  #target = 0;
  /** May free up to here what is older than `#oldBefore`. */
  #limit = 0;
  #oldBefore: number | undefined;
  #isVacuuming = false;
  #isSettled = false;
  #cushion = CUSHION_PAGES;

  /** @param beforeFreeing  Makes durable what says that records may go; called before the first of a round does. */
  constructor(db: Database.Database, rules: RetentionRules, beforeFreeing: () => void) {
    this.#db = db;
    this.#rules = rules;
    this.#beforeFreeing = beforeFreeing;
    this.#floor = new Floor(db).read();
    this.#rows = db.prepare("SELECT seq, at, synced FROM record WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?");
    this.#row = db.prepare("SELECT seq, at, synced FROM record WHERE seq = ?");
    this.#hash = db.prepare<[number], Buffer>("SELECT hash FROM record WHERE seq = ?").pluck();
    this.#setFloor = db.prepare("UPDATE ledger SET floor_seq = ?, floor_hash = ?");
    this.#delete = db.prepare("DELETE FROM record WHERE seq <= ?");
  }

  get floor(): ChainPoint {
    return this.#floor;
  }

  /** Whether `slice` has something to do. */
  get isBusy(): boolean {
    return this.#target > this.#floor.seq || this.#oldBefore !== undefined || this.#isVacuuming;
  }

  /** Decides what is to go. @param used  Bytes that the records up to `head` take. */
  plan({ upTo, now, isPressed }: RetentionRound, head: Seq, used: number): void {
    const { keepDays, keep } = this.#rules;
    this.#limit = Math.min(upTo, head - 1);
    this.#isSettled = false;
    const held = head - this.#floor.seq;
    const kept = isPressed ? 0 : Math.floor((keep * held) / Math.max(used, 1));
    // What was decided and not done yet stays decided: else pressure that eases would leave things half done.
    this.#target = Math.max(this.#target, this.#limit - kept);
    this.#oldBefore = now === undefined || this.#limit <= this.#floor.seq ? undefined : now - keepDays * DAY_MS;
    this.#cushion = isPressed || (this.#isVacuuming && this.#cushion === 0) ? 0 : CUSHION_PAGES;
    this.#isVacuuming = true;
  }

  /** One short transaction. @throws SqliteError: then nothing of this slice has happened. */
  slice(): void {
    const to = this.#next();
    if (to === undefined) this.#vacuum();
    else this.#freeUpTo(to);
  }

  /** Forgets what was planned, until the next plan. */
  rest(): void {
    this.#target = 0;
    this.#oldBefore = undefined;
    this.#isVacuuming = false;
  }

  #next(): number | undefined {
    const { seq: floor } = this.#floor;
    if (this.#target > floor) return Math.min(this.#target, floor + SLICE_RECORDS);
    const old = this.#oldestStretch();
    if (old === undefined) this.#oldBefore = undefined;
    return old;
  }

  /**
   * A record that is old by a clock that was right makes everything before it old. Those written before the clock was right
   * are looked past in growing steps.
   */
  #oldestStretch(): number | undefined {
    const before = this.#oldBefore;
    if (before === undefined) return undefined;
    const { seq: floor } = this.#floor;
    const isOld = ({ at, synced }: Dated): boolean => synced === 1 && at < before;
    const rows = this.#rows.all(floor, this.#limit, SLICE_RECORDS);
    const newest = rows.findLast(isOld);
    if (newest !== undefined) return newest.seq;
    if (rows.length < SLICE_RECORDS || rows.some(({ synced }) => synced === 1)) return undefined;
    for (let step = 2 * SLICE_RECORDS, at: number = floor; at < this.#limit; step *= 2) {
      at = Math.min(floor + step, this.#limit);
      const row = this.#row.get(at);
      if (row === undefined || row.synced === 0) continue;
      if (isOld(row)) this.#target = at;
      break;
    }
    return this.#target > floor ? floor + SLICE_RECORDS : undefined;
  }

  #freeUpTo(to: number): void {
    const hash = this.#hash.get(to);
    if (!this.#isSettled) this.#beforeFreeing();
    this.#isSettled = true;
    if (hash === undefined)
      throw new LedgerError({ code: "record.missing", detail: `record ${to} is not in the ledger` });
    this.#db
      .transaction(() => {
        this.#setFloor.run(to, hash);
        this.#delete.run(to);
      })
      .immediate();
    this.#floor = { seq: seq(to), hash: hash.toString("hex") };
  }

  #vacuum(): void {
    if (Number(pragmaValue(this.#db, "freelist_count")) > this.#cushion) {
      this.#db.pragma(`incremental_vacuum(${SLICE_PAGES})`);
      return;
    }
    this.#isVacuuming = false;
    // What was given back leaves the file only when the WAL is copied.
    if (this.#cushion === 0) this.#db.pragma("wal_checkpoint(PASSIVE)");
  }
}
