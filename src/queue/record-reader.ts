import type Database from "better-sqlite3";
import type { FreedStream } from "../domain/gap.ts";
import { type ChainPoint, type Seq, seq, type StreamId } from "../domain/record.ts";
import { ChainHash, EnvelopeText, GENESIS_HASH, type RecordText } from "./envelope-text.ts";
import { asFreed, type EarlierStream, freedBy } from "./earlier-streams.ts";
import { Floor, freed } from "./floor.ts";
import { LedgerError } from "./ledger-error.ts";
import { type PackedPage, PagePacker } from "./page.ts";
import { readEarlierStreams } from "./schema.ts";
import { failureOf } from "./sqlite.ts";

/** Records in one page at most: reading 500 costs about a millisecond, and no read transaction outlives it. */
export const PAGE_LIMIT = 500;
/** A page also ends when its envelopes reach this, so that a page of the largest records stays bounded. */
const PAGE_BYTES = 2 * 1024 * 1024;
/** Rows taken out of SQLite at a time: with records of 64 KiB, 4 MiB at once. */
const ROWS_AT_ONCE = 64;

interface Row {
  readonly seq: number;
  readonly at: number;
  readonly kind: string;
  readonly lane: string;
  readonly terminal: string | null;
  readonly boot: number;
  readonly mono: number;
  readonly synced: number;
  readonly body: string;
  /** Lower-case hexadecimal digits: handing out a BLOB costs twice as much as all the other columns together. */
  readonly hash: string;
}

/** Why the chain is broken at a record. */
export interface ChainFault {
  readonly seq: Seq;
  /**
   * `missing`: there is no such row. `hash`: the record, or the link to the one before, is not what was written.
   * `unreadable`: SQLite cannot read on from here.
   */
  readonly reason: "missing" | "hash" | "unreadable";
}

/** Where a part of a check ended. */
export interface ChainPart {
  /** Where it began: above the place asked for when retention has freed that. */
  readonly from: Seq;
  readonly checked: number;
  /** Of the last good record. */
  readonly hash: string;
  readonly fault?: ChainFault;
}

/** Reads one stream through a connection that changes nothing. Each call is one short read transaction. */
export class RecordReader {
  readonly #text: EnvelopeText;
  readonly #chain = new ChainHash();
  readonly #packer = new PagePacker();
  readonly #rows: Database.Statement<[number, number], Row>;
  readonly #hashAt: Database.Statement<[number], string>;
  readonly #newest: Database.Statement<[], number>;
  readonly #boots: Database.Statement<[], { id: number; boot_id: string }>;
  readonly #floor: Floor;
  readonly #earlier: readonly EarlierStream[];
  #quotedBootIds = new Map<number, string>();

  constructor(db: Database.Database, stream: StreamId) {
    this.#text = new EnvelopeText(stream);
    this.#rows = db.prepare(
      `SELECT seq, at, kind, lane, terminal, boot, mono, synced, body, lower(hex(hash)) AS hash
       FROM record WHERE seq >= ? ORDER BY seq LIMIT ?`,
    );
    this.#hashAt = db.prepare<[number], string>("SELECT lower(hex(hash)) FROM record WHERE seq = ?").pluck();
    this.#newest = db.prepare<[], number>("SELECT seq FROM record ORDER BY seq DESC LIMIT 1").pluck();
    this.#boots = db.prepare("SELECT id, boot_id FROM boot");
    this.#floor = new Floor(db);
    this.#earlier = readEarlierStreams(db);
  }

  /**
   * Records from `from` on, in order: at most `limit` and 2 MiB, none when `from` is beyond the head.
   *
   * @param limit  1..500.
   * @throws LedgerError `record.freed` when retention has freed the record at `from`; `record.missing` when it, or the one
   *   before it, is gone for another reason; `store.damaged` when it has to be proven and is not what was written.
   * @param isProven  Whether each record's hash is computed again: what headquarters waits for is never sent damaged, which
   *   it would refuse for ever.
   */
  page(from: Seq, limit: number, isProven = false): PackedPage {
    let next: number = Math.max(from, 1);
    let remaining = Math.min(limit, PAGE_LIMIT);
    let prevHash: string | undefined;
    const first = next;
    this.#packer.begin();
    while (remaining > 0 && this.#packer.bytes < PAGE_BYTES) {
      const wanted = Math.min(remaining, ROWS_AT_ONCE);
      const rows = this.#rows.all(next, wanted);
      for (const row of rows) {
        if (row.seq !== next) {
          if (next === first) throw this.#gone(next);
          return this.#packer.take(first);
        }
        prevHash ??= this.#hashBefore(next);
        const { hash } = row;
        const text = this.#asText(row);
        if (isProven && this.#chain.of(prevHash, this.#text.withoutHash(text, prevHash)) !== hash) {
          if (next === first)
            throw new LedgerError({ code: "store.damaged", detail: `record ${next} has another hash` });
          return this.#packer.take(first);
        }
        this.#packer.add(row, this.#text.withHash(text, prevHash, hash));
        prevHash = hash;
        next += 1;
      }
      if (rows.length < wanted) break;
      remaining -= rows.length;
    }
    return this.#packer.take(first);
  }

  /**
   * Computes again the hashes of up to `limit` records from `from` on, or from the floor on where that is higher.
   *
   * @param prevHash  Of the record before `from`, as computed by the part before.
   */
  check(from: Seq, prevHash: string, limit: number): ChainPart {
    const floor = this.#floor.read();
    const part = from > floor.seq ? this.#check(from, prevHash, limit) : this.#checkAbove(floor, from, limit);
    // Retention may have passed between the two looks.
    const isOvertaken = part.fault?.reason === "missing" && this.#floor.read().seq >= part.fault.seq;
    return isOvertaken ? this.check(from, prevHash, limit) : part;
  }

  #checkAbove(floor: ChainPoint, from: Seq, limit: number): ChainPart {
    return this.#check(seq(floor.seq + 1), floor.hash, limit - (floor.seq + 1 - from));
  }

  #check(from: Seq, prevHash: string, limit: number): ChainPart {
    let next: number = from;
    let hash = prevHash;
    const part = (reason?: ChainFault["reason"]): ChainPart => ({
      from,
      checked: next - from,
      hash,
      ...(reason === undefined ? {} : { fault: { seq: seq(next), reason } }),
    });
    while (next < from + limit) {
      // One damaged page spoils the whole read: one by one the good records before it still come out.
      const rows = this.#readable(next, Math.min(from + limit - next, ROWS_AT_ONCE)) ?? this.#readable(next, 1);
      if (rows === undefined) return part("unreadable");
      if (rows.length === 0) break;
      for (const row of rows) {
        if (row.seq !== next) return part("missing");
        const computed = this.#chain.of(hash, this.#text.withoutHash(this.#asText(row), hash));
        if (computed !== row.hash) return part("hash");
        hash = computed;
        next += 1;
      }
    }
    return part();
  }

  /** The newest record's place, 0 when there is none. */
  head(): Seq {
    return seq(this.#newest.get() ?? 0);
  }

  /** The newest record that retention has freed. */
  floor(): ChainPoint {
    return this.#floor.read();
  }

  /** What is freed by now of the streams whose records this one took over. */
  freedEarlier(): readonly FreedStream[] {
    if (this.#earlier.length === 0) return [];
    const floor = this.#floor.read();
    const [oldest] = this.#rows.all(floor.seq + 1, 1);
    // Retention may have passed between the two looks.
    if (oldest !== undefined && oldest.seq !== floor.seq + 1 && this.#floor.read().seq > floor.seq)
      return this.freedEarlier();
    const body: unknown = oldest === undefined ? undefined : JSON.parse(oldest.body);
    return asFreed(freedBy(this.#earlier, floor.seq, { kind: oldest?.kind, body }));
  }

  #readable(from: number, limit: number): readonly Row[] | undefined {
    try {
      return this.#rows.all(from, limit);
    } catch (error) {
      if (failureOf(error).code === "store.damaged") return undefined;
      throw error;
    }
  }

  #hashBefore(at: number): string {
    if (at === 1) return GENESIS_HASH;
    const hash = this.#hashAt.get(at - 1);
    if (hash !== undefined) return hash;
    const floor = this.#floor.read();
    if (floor.seq === at - 1) return floor.hash;
    throw at <= floor.seq ? freed(at, floor) : missing(at - 1);
  }

  #gone(at: number): LedgerError {
    const floor = this.#floor.read();
    return at <= floor.seq ? freed(at, floor) : missing(at);
  }

  #asText(row: Row): RecordText {
    const { at, body, kind, lane, terminal } = row;
    const quotedBootId = this.#quotedBootIds.get(row.boot) ?? this.#newBootId(row.boot);
    return {
      seq: row.seq,
      at,
      kind,
      lane,
      terminal,
      quotedBootId,
      monotonicMs: row.mono,
      synced: row.synced === 1,
      body,
    };
  }

  #newBootId(boot: number): string {
    this.#quotedBootIds = new Map(this.#boots.all().map(({ id, boot_id }) => [id, JSON.stringify(boot_id)]));
    // A boot that is gone from its table breaks the chain at this record, which is what a check must say.
    return this.#quotedBootIds.get(boot) ?? '""';
  }
}

function missing(at: number): LedgerError {
  return new LedgerError({ code: "record.missing", detail: `record ${at} is not in the ledger` });
}
