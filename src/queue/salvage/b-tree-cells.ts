import type { DatabasePages } from "./database-pages.ts";

/** sqlite.org/fileformat2.html, section 1.6 "B-tree Pages". */
export const TABLE_LEAF = 0x0d;
export const TABLE_INTERIOR = 0x05;
export const INDEX_LEAF = 0x0a;
/** Of a table without rowids it holds rows as a leaf does, each behind the number of a page. */
export const INDEX_INTERIOR = 0x02;
const LEAF_HEADER_BYTES = 8;
const INTERIOR_HEADER_BYTES = 12;
const PAGE_NUMBER_BYTES = 4;

export type Value = string | number | Buffer | null;

/** A table row, or an index entry, where it stands in a page. */
export interface Cell {
  /** Of a table row; 0 of an index entry. */
  readonly rowid: number;
  readonly payloadAt: number;
  readonly payloadBytes: number;
}

/** Reads the cells of leaf pages and of interior pages of an index, and the values in them, as far as they make sense: nothing here trusts the file. */
export class CellReader {
  readonly #pages: DatabasePages;
  readonly #overflow: Buffer;
  #end = 0;

  constructor(pages: DatabasePages) {
    this.#pages = pages;
    this.#overflow = Buffer.allocUnsafeSlow(pages.pageBytes);
  }

  /** The cells of a page, in the order of their keys; those that cannot be are left out. */
  *cells(page: Buffer, start: number): Generator<Cell> {
    const type = page[start];
    if (type !== TABLE_LEAF && type !== INDEX_LEAF && type !== INDEX_INTERIOR) return;
    const isInterior = type === INDEX_INTERIOR;
    const count = page.readUInt16BE(start + 3);
    const pointers = start + (isInterior ? INTERIOR_HEADER_BYTES : LEAF_HEADER_BYTES);
    for (let index = 0; index < count; index += 1) {
      const pointer = pointers + index * 2;
      if (pointer + 2 > page.length) return;
      const at = page.readUInt16BE(pointer);
      if (at < pointers + count * 2 || at >= page.length) continue;
      const payloadBytes = this.#varint(page, isInterior ? at + PAGE_NUMBER_BYTES : at);
      const rowid = type === TABLE_LEAF ? this.#varint(page, this.#end) : 0;
      if (this.#end >= page.length || payloadBytes === 0) continue;
      yield { rowid, payloadAt: this.#end, payloadBytes };
    }
  }

  /** How many columns a cell's row has, and its first and last column's serial type; looks at its header only. */
  shape(page: Buffer, cell: Cell): { readonly columns: number; readonly last: number } | undefined {
    const headerBytes = this.#varint(page, cell.payloadAt);
    const headerEnd = cell.payloadAt + headerBytes;
    if (headerEnd > page.length || headerBytes > cell.payloadBytes) return undefined;
    let columns = 0;
    let last = 0;
    for (let at = this.#end; at < headerEnd; at = this.#end) {
      last = this.#varint(page, at);
      columns += 1;
    }
    return { columns, last };
  }

  /** A cell's values; `undefined` when they cannot be read to their end. Section 2.1 "Record Format". */
  values(page: Buffer, cell: Cell, isIndex = false): readonly Value[] | undefined {
    const payload = this.#payload(page, cell, isIndex);
    if (payload === undefined) return undefined;
    const headerBytes = this.#varint(payload, 0);
    if (headerBytes > payload.length) return undefined;
    const values: Value[] = [];
    let at = headerBytes;
    for (let header = this.#end; header < headerBytes; header = this.#end) {
      const type = this.#varint(payload, header);
      const bytes = bytesOf(type);
      if (at + bytes > payload.length) return undefined;
      values.push(valueOf(payload, type, at, bytes));
      at += bytes;
    }
    return values;
  }

  /** What of it stands in the page itself, and the rest from its overflow pages. Section 1.6, the formulas on X, M and K. */
  #payload(page: Buffer, { payloadAt, payloadBytes }: Cell, isIndex: boolean): Buffer | undefined {
    const usable = page.length;
    const most = isIndex ? Math.floor(((usable - 12) * 64) / 255) - 23 : usable - 35;
    if (payloadBytes <= most) {
      return payloadAt + payloadBytes <= usable ? page.subarray(payloadAt, payloadAt + payloadBytes) : undefined;
    }
    if (payloadBytes > MAX_PAYLOAD_BYTES) return undefined;
    const least = Math.floor(((usable - 12) * 32) / 255) - 23;
    const fitting = least + ((payloadBytes - least) % (usable - 4));
    const local = fitting <= most ? fitting : least;
    if (payloadAt + local + 4 > usable) return undefined;
    const payload = Buffer.allocUnsafe(payloadBytes);
    let copied = page.copy(payload, 0, payloadAt, payloadAt + local);
    let next = page.readUInt32BE(payloadAt + local);
    while (copied < payloadBytes) {
      if (!this.#pages.readNewest(next, this.#overflow)) return undefined;
      copied += this.#overflow.copy(payload, copied, 4, Math.min(usable, 4 + payloadBytes - copied));
      next = this.#overflow.readUInt32BE(0);
    }
    return payload;
  }

  /** Leaves `#end` behind the number. */
  #varint(bytes: Buffer, from: number): number {
    let value = 0;
    for (let index = 0; index < 9; index += 1) {
      const byte = bytes[from + index] ?? 0;
      if (index === 8) value = value * 256 + byte;
      else value = value * 128 + (byte & 0x7f);
      if (index === 8 || byte < 0x80) {
        this.#end = from + index + 1;
        return value;
      }
    }
    return value;
  }
}

/** The largest row that a ledger writes is a record of 64 KiB. */
const MAX_PAYLOAD_BYTES = 128 * 1024;
const INTEGER_BYTES = [0, 1, 2, 3, 4, 6, 8];

function bytesOf(type: number): number {
  if (type >= 12) return Math.floor((type - 12) / 2);
  if (type === 7) return 8;
  return INTEGER_BYTES[type] ?? 0;
}

function valueOf(payload: Buffer, type: number, at: number, bytes: number): Value {
  if (type >= 13 && type % 2 === 1) return payload.toString("utf8", at, at + bytes);
  if (type >= 12) return Buffer.from(payload.subarray(at, at + bytes));
  if (type === 0) return null;
  if (type === 7) return payload.readDoubleBE(at);
  if (type === 6) return Number(payload.readBigInt64BE(at));
  return bytes === 0 ? type - 8 : payload.readIntBE(at, bytes);
}
