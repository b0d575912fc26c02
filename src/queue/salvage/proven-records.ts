import type { ChainPoint } from "../../domain/record.ts";
import { seq } from "../../domain/record.ts";
import { ChainHash, EnvelopeText, GENESIS_HASH } from "../envelope-text.ts";
import type { RawLedgerRow, RawRecord, RawRecords } from "./raw-records.ts";

/** What became of one position of the old stream. */
export interface Found {
  readonly seq: number;
  readonly row: RawRecord;
  /** Canonical envelope; absent when no content that was found is what was once written. */
  readonly envelope?: string;
}

interface Before {
  readonly seq: number;
  /** What rows of this seq say that their hash is. */
  readonly hashes: readonly string[];
}

/** Stretches looked at first, from the end; four times as many each time that none of them proves anything. */
const FIRST_LOOK = 8;

/**
 * The records of one stream that prove themselves: the hash that a row holds is computed again from its content and the hash
 * of the row before it. So a row behind a hole cannot be proven, whose predecessor nobody knows; the one after it can.
 */
export class ProvenRecords {
  readonly stream: string;
  readonly #raw: RawRecords;
  readonly #start: Before;
  readonly #text: EnvelopeText;
  readonly #chain = new ChainHash();
  readonly #quotedBoots: ReadonlyMap<number, readonly string[]>;

  constructor(raw: RawRecords, { stream, floor }: RawLedgerRow) {
    this.stream = stream;
    this.#raw = raw;
    this.#start = floor === undefined ? { seq: 0, hashes: [GENESIS_HASH] } : { seq: floor.seq, hashes: [floor.hash] };
    this.#text = new EnvelopeText(stream);
    this.#quotedBoots = new Map(
      [...raw.boots].map(([number, ids]) => [number, [...ids].map((id) => JSON.stringify(id))]),
    );
  }

  /** Below it retention has freed everything, although pages may still show it. */
  get floor(): number {
    return this.#start.seq;
  }

  /** Proven or not. */
  oldest(): Found | undefined {
    for (const found of this.inOrder()) return found;
    return undefined;
  }

  /** Whether the record above the floor continues the one that was freed last: a damaged row may say any number. */
  get isFloorProven(): boolean {
    const oldest = this.oldest();
    return oldest?.seq === this.floor + 1 && oldest.envelope !== undefined;
  }

  /** Whether any record up to here proves itself. */
  hasAnyUpTo(position: number): boolean {
    for (const { seq: at, envelope } of this.inOrder()) {
      if (at > position) return false;
      if (envelope !== undefined) return true;
    }
    return false;
  }

  /** In the order of seq; where nothing at all was found, a seq is left out. @param from  See `RawRecords.inOrder`. */
  *inOrder(from = 0): Generator<Found> {
    let before = this.#start;
    for (const rows of this.#raw.inOrder(from)) {
      const [first] = rows;
      if (first === undefined || first.seq <= this.#start.seq) continue;
      yield this.#judge(rows, first, before);
      before = { seq: first.seq, hashes: rows.map(({ hash }) => hash) };
    }
  }

  /** `undefined` when not one record proves itself. */
  newest(): ChainPoint | undefined {
    const { stretches } = this.#raw;
    for (let look = FIRST_LOOK; ; look *= 4) {
      let newest: ChainPoint | undefined;
      for (const { row, envelope } of this.inOrder(Math.max(0, stretches - look))) {
        if (envelope !== undefined) newest = { seq: seq(row.seq), hash: row.hash };
      }
      if (newest !== undefined || look >= stretches) return newest;
    }
  }

  #judge(rows: readonly RawRecord[], first: RawRecord, before: Before): Found {
    const prevHashes = before.seq === first.seq - 1 ? before.hashes : [];
    for (const row of rows) {
      for (const quotedBootId of this.#quotedBoots.get(row.boot) ?? []) {
        const record = { ...row, quotedBootId };
        for (const prevHash of prevHashes) {
          if (this.#chain.of(prevHash, this.#text.withoutHash(record, prevHash)) !== row.hash) continue;
          return { seq: row.seq, row, envelope: this.#text.withHash(record, prevHash, row.hash) };
        }
      }
    }
    return { seq: first.seq, row: first };
  }
}

/**
 * Finds whose records these are. A stream id is proven by the hashes, which cover it.
 *
 * @param others  Streams that other files of the directory name, for when the ledger's own row is gone.
 */
export function proveStream(raw: RawRecords, others: readonly string[]): ProvenRecords | undefined {
  // An older content of the page knows of less that was freed.
  const rows = raw.ledgerRows.toSorted((a, b) => (b.floor?.seq ?? 0) - (a.floor?.seq ?? 0));
  const candidates = [...rows, ...others.map((stream): RawLedgerRow => ({ stream }))];
  const seen = new Set<string>();
  for (const candidate of candidates) {
    const key = JSON.stringify(candidate);
    if (seen.has(key)) continue;
    seen.add(key);
    const records = new ProvenRecords(raw, candidate);
    if (records.newest() === undefined) continue;
    if (candidate.floor === undefined || records.isFloorProven) return records;
    // Whether these were freed is not certain: what headquarters has of them will be a duplicate.
    const { floor, ...withoutFloor } = candidate;
    const all = new ProvenRecords(raw, withoutFloor);
    return all.hasAnyUpTo(floor.seq) ? all : records;
  }
  return undefined;
}
