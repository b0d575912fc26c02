import { byteAt, wordAt } from "./bytes.ts";

/** Entries kept: a gateway's terminals and merchants, a few times over. */
const SLOT_BITS = 8;

interface Entry<T> {
  /** The bytes, as four words that may overlap; together with their number they say all. */
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly length: number;
  readonly value: T;
}

/**
 * Remembers what was made of short byte strings that come again and again: terminal and merchant numbers, batches,
 * currencies. Finding one takes half the time of making it, and the ledger holds one string instead of thousands.
 *
 * Bounded: a newcomer takes the place of an old entry. Never for card data, which must not be kept.
 */
export class Memo<T> {
  readonly #make: (bytes: Uint8Array, start: number, end: number) => T;
  readonly #entries: (Entry<T> | undefined)[] = Array.from({ length: 1 << SLOT_BITS }, () => undefined);

  /** @param make  Depends on nothing but the bytes `start`..`end`. */
  constructor(make: (bytes: Uint8Array, start: number, end: number) => T) {
    this.#make = make;
  }

  /** @param end  At least 2 and at most 16 bytes after `start`, and inside `bytes`. */
  get(bytes: Uint8Array, start: number, end: number): T {
    const length = end - start;
    const d =
      length < 4
        ? (byteAt(bytes, start) << 16) | (byteAt(bytes, start + 1) << 8) | byteAt(bytes, end - 1)
        : wordAt(bytes, end - 4);
    let a = 0;
    let b = 0;
    let c = 0;
    let mixed = d;
    if (length > 4) {
      a = wordAt(bytes, start);
      mixed ^= a << 7;
      if (length > 8) {
        b = wordAt(bytes, start + 4);
        mixed ^= b << 13;
        if (length > 12) {
          c = wordAt(bytes, start + 8);
          mixed ^= c << 3;
        }
      }
    }
    const slot = Math.imul(mixed, 0x9e37_79b1) >>> (32 - SLOT_BITS);
    const entry = this.#entries[slot];
    if (
      entry !== undefined &&
      entry.d === d &&
      entry.length === length &&
      entry.a === a &&
      entry.b === b &&
      entry.c === c
    ) {
      return entry.value;
    }
    const value = this.#make(bytes, start, end);
    this.#entries[slot] = { a, b, c, d, length, value };
    return value;
  }
}
