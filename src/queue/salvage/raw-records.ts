import { isStreamId } from "../../domain/record.ts";
import { type EarlierStream, earlierStreamsIn } from "../earlier-streams.ts";
import type { RecordText } from "../envelope-text.ts";
import { type Cell, CellReader, INDEX_LEAF, TABLE_INTERIOR, TABLE_LEAF, type Value } from "./b-tree-cells.ts";
import type { DatabasePages } from "./database-pages.ts";

/** A row of `record` as a page has it; nothing is proven. */
export interface RawRecord extends Omit<RecordText, "quotedBootId"> {
  readonly boot: number;
  /** 64 hexadecimal digits. */
  readonly hash: string;
}

/** What a file says of the stream whose records it holds. */
export interface RawLedgerRow {
  readonly stream: string;
  /** Of the newest record that retention has freed, where it freed any. */
  readonly floor?: { readonly seq: number; readonly hash: string };
  /** See `NewLedger`. */
  readonly earlier?: readonly EarlierStream[];
}

const RECORD_COLUMNS = 10;
/** Of a `ledger` row. */
const EARLIER_COLUMN = 9;
/** Serial type of a BLOB of 32 bytes. */
const HASH_TYPE = 12 + 2 * 32;

/** Neighbouring cells of one page whose seqs follow each other: first seq, place of the page, first cell × 65,536 + cells. */
const RUN_NUMBERS = 3;

/**
 * Every row of `record` that any leaf page holds, found without the tree above them: a damaged page costs its own rows and
 * no others, wherever it stands. A row may be found more than once, in an older content of its page.
 *
 * Takes 24 bytes of memory for each page of rows.
 */
export class RawRecords {
  /** Boot number → boot ids that some page gives it; the table and its index each hold them. */
  readonly boots = new Map<number, Set<string>>();
  readonly ledgerRows: RawLedgerRow[] = [];
  readonly #pages: DatabasePages;
  readonly #cells: CellReader;
  readonly #page: Buffer;
  #runs = new Float64Array(RUN_NUMBERS * 1024);
  #count = 0;
  readonly #order: Uint32Array;

  constructor(pages: DatabasePages) {
    this.#pages = pages;
    this.#cells = new CellReader(pages);
    this.#page = Buffer.allocUnsafeSlow(pages.pageBytes);
    for (const { bytes, start, place } of pages.all()) this.#index(bytes, start, place);
    this.#order = Uint32Array.from({ length: this.#count }, (_, index) => index);
    this.#order.sort((a, b) => this.#firstOf(a) - this.#firstOf(b));
  }

  /** Stretches of rows: what `from` counts in. */
  get stretches(): number {
    return this.#count;
  }

  /** In the order of seq, all that were found of one seq together. @param from  Number of the first stretch to read. */
  *inOrder(from = 0): Generator<readonly RawRecord[]> {
    for (let next = from; next < this.#count;) {
      const bySeq = new Map<number, RawRecord[]>();
      let end = 0;
      do {
        const run = this.#order[next] ?? 0;
        end = Math.max(end, this.#firstOf(run) + this.#lengthOf(run));
        for (const row of this.#read(run)) {
          const found = bySeq.get(row.seq);
          if (found === undefined) bySeq.set(row.seq, [row]);
          else found.push(row);
        }
        next += 1;
      } while (next < this.#count && this.#firstOf(this.#order[next] ?? 0) < end);
      for (const seq of [...bySeq.keys()].toSorted((a, b) => a - b)) yield bySeq.get(seq) ?? [];
    }
  }

  /**
   * The last seq of the page that the tree ends at: whoever has proven that one knows that nothing came after it.
   * `undefined` when the way there is damaged.
   */
  lastInTree(): number | undefined {
    let number = this.#rootOfRecords();
    for (let depth = 0; number !== undefined && depth < MAX_DEPTH; depth += 1) {
      if (!this.#pages.readNewest(number, this.#page)) return undefined;
      if (this.#page[0] === TABLE_LEAF) return [...this.#cells.cells(this.#page, 0)].at(-1)?.rowid;
      if (this.#page[0] !== TABLE_INTERIOR) return undefined;
      number = this.#page.readUInt32BE(8);
    }
    return undefined;
  }

  #rootOfRecords(): number | undefined {
    if (!this.#pages.readNewest(1, this.#page)) return undefined;
    for (const cell of this.#cells.cells(this.#page, FILE_HEADER_BYTES)) {
      const [type, name, , root] = this.#cells.values(this.#page, cell) ?? [];
      if (type === "table" && name === "record" && typeof root === "number") return root;
    }
    return undefined;
  }

  #index(page: Buffer, start: number, place: number): void {
    const type = page[start];
    if (type !== TABLE_LEAF && type !== INDEX_LEAF) return;
    let index = -1;
    let first = 0;
    let length = 0;
    let firstCell = 0;
    for (const cell of this.#cells.cells(page, start)) {
      index += 1;
      const shape = this.#cells.shape(page, cell);
      if (type === INDEX_LEAF) {
        if (shape?.columns === 2) this.#takeBoot(this.#cells.values(page, cell, true));
        continue;
      }
      if (shape?.columns !== RECORD_COLUMNS || shape.last !== HASH_TYPE) {
        if (shape !== undefined && shape.columns <= RECORD_COLUMNS) this.#takeSmallRow(page, cell);
        continue;
      }
      if (length > 0 && cell.rowid === first + length && index === firstCell + length) {
        length += 1;
        continue;
      }
      this.#addRun(first, place, firstCell, length);
      first = cell.rowid;
      firstCell = index;
      length = 1;
    }
    this.#addRun(first, place, firstCell, length);
  }

  #addRun(first: number, place: number, firstCell: number, length: number): void {
    if (length === 0 || !Number.isSafeInteger(first)) return;
    const at = this.#count * RUN_NUMBERS;
    if (at === this.#runs.length) {
      const larger = new Float64Array(this.#runs.length * 2);
      larger.set(this.#runs);
      this.#runs = larger;
    }
    this.#runs.set([first, place, firstCell * 65_536 + length], at);
    this.#count += 1;
  }

  #firstOf(run: number): number {
    return this.#runs[run * RUN_NUMBERS] ?? 0;
  }

  #lengthOf(run: number): number {
    return (this.#runs[run * RUN_NUMBERS + 2] ?? 0) % 65_536;
  }

  *#read(run: number): Generator<RawRecord> {
    const place = this.#runs[run * RUN_NUMBERS + 1] ?? 0;
    if (!this.#pages.read(place, this.#page)) return;
    const firstCell = Math.floor((this.#runs[run * RUN_NUMBERS + 2] ?? 0) / 65_536);
    const end = firstCell + this.#lengthOf(run);
    let index = 0;
    for (const cell of this.#cells.cells(this.#page, 0)) {
      if (index >= end) return;
      const record = index < firstCell ? undefined : recordOf(cell, this.#cells.values(this.#page, cell));
      if (record !== undefined) yield record;
      index += 1;
    }
  }

  /** A row of `boot` or of `ledger`: their first column, the key, is stored as NULL. */
  #takeSmallRow(page: Buffer, cell: Cell): void {
    const values = this.#cells.values(page, cell);
    if (values === undefined) return;
    const [key, text, floorSeq, floorHash] = values;
    if (key !== null || typeof text !== "string") return;
    if (values.length === 2) this.#takeBoot([text, cell.rowid]);
    // In schema 1 the only row of `ledger` looks like the first of `boot`: the hashes tell which it is.
    if (cell.rowid !== 1 || !isStreamId(text)) return;
    const earlier = earlierStreamsIn(values[EARLIER_COLUMN]);
    const hasFloor = typeof floorSeq === "number" && floorSeq > 0 && Buffer.isBuffer(floorHash);
    this.ledgerRows.push({
      stream: text,
      ...(hasFloor ? { floor: { seq: floorSeq, hash: floorHash.toString("hex") } } : {}),
      ...(earlier.length > 0 ? { earlier } : {}),
    });
  }

  #takeBoot(values: readonly Value[] | undefined): void {
    const [bootId, number] = values ?? [];
    if (typeof bootId !== "string" || typeof number !== "number") return;
    const known = this.boots.get(number);
    if (known === undefined) this.boots.set(number, new Set([bootId]));
    else known.add(bootId);
  }
}

const FILE_HEADER_BYTES = 100;
/** Of a b-tree; twenty levels would hold more pages than SQLite can number. */
const MAX_DEPTH = 20;

function recordOf({ rowid }: Cell, values: readonly Value[] | undefined): RawRecord | undefined {
  const [, at, kind, lane, terminal, boot, mono, synced, body, hash] = values ?? [];
  if (typeof at !== "number" || typeof kind !== "string" || typeof lane !== "string") return undefined;
  if (typeof boot !== "number" || typeof mono !== "number" || typeof synced !== "number") return undefined;
  if (typeof body !== "string" || !Buffer.isBuffer(hash)) return undefined;
  if (terminal !== null && typeof terminal !== "string") return undefined;
  return {
    seq: rowid,
    at,
    kind,
    lane,
    terminal,
    boot,
    monotonicMs: mono,
    synced: synced === 1,
    body,
    hash: hash.toString("hex"),
  };
}
