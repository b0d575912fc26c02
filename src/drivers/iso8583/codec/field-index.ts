import { NOT_DECIMAL, pairValue } from "../../wire/bcd.ts";
import { wordAt } from "../../wire/bytes.ts";
import { countsDigits, FIELDS, type FieldSpec, valueBytes } from "./fields.ts";
import type { DecodeError } from "./observation.ts";

/** Why a message cannot be read on. */
export type StopReason =
  | "truncated"
  | "badDigit"
  | "lengthOverMaximum"
  | "lengthUnderMinimum"
  | "secondaryBitmap"
  | "unknownField"
  | "trailingBytes"
  | "lengthMismatch";

/** A row of the field table as one number: bits 0-7 fixed bytes, 8-9 bytes of length prefix, 10 counts digits, 11-20 max. */
const PREFIX_SHIFT = 8;
const DIGITS_BIT = 1 << 10;
const MAX_SHIFT = 11;
const RULES = Int32Array.from(FIELDS, (spec) => (spec === undefined ? 0 : rule(spec)));

function rule(spec: FieldSpec): number {
  const fixed = spec.length === "fixed" ? valueBytes(spec, spec.max) : 0;
  const prefix = spec.length === "fixed" ? 0 : spec.length === "LL" ? 1 : 2;
  return fixed | (prefix << PREFIX_SHIFT) | (countsDigits(spec) ? DIGITS_BIT : 0) | (spec.max << MAX_SHIFT);
}

/**
 * Where each field of one message stands: the one place that knows how long a field is. Offsets only, no content.
 *
 * Got from {@link indexFields}; good until the next call of it.
 */
export class FieldIndex {
  /** Fields in the bitmap, ascending. */
  announced: readonly number[] = [];
  /** Offset after the last field that was read. */
  end = 0;
  /** Set when the message could not be read to its end. */
  error: DecodeError | undefined = undefined;

  /** What the index was made of: it holds for every frame that is the same in this. */
  #bitmap = 0;
  #bitmapHigh = 0;
  #bitmapLow = 0;
  #size = -1;
  readonly #variable: number[] = [];

  readonly #valueStart: number[] = Array.from({ length: FIELDS.length }, () => 0);
  readonly #length: number[] = Array.from({ length: FIELDS.length }, () => 0);
  /** Fields that were read, as the bitmap has them: 1 to 32 and 33 to 64, the lowest number as the highest bit. */
  #high = 0;
  #low = 0;

  has(de: number): boolean {
    return (de < 33 ? this.#high << (de - 1) : this.#low << (de - 33)) < 0;
  }

  valueStart(de: number): number {
    return this.#valueStart[de] ?? 0;
  }

  /** Digits or bytes, as the field counts. */
  length(de: number): number {
    return this.#length[de] ?? 0;
  }

  /** Offset after the value, a free nibble included. */
  valueEnd(de: number): number {
    const length = this.length(de);
    return this.valueStart(de) + (((RULES[de] ?? 0) & DIGITS_BIT) === 0 ? length : (length + 1) >> 1);
  }

  /** Counts `de` and all after it as not read. */
  stopAt(de: number, offset: number, reason: StopReason): void {
    this.error = { de, offset, reason };
    this.#high = de < 33 ? keepFirst(this.#high, de - 1) : this.#high;
    this.#low = de < 33 ? 0 : keepFirst(this.#low, de - 33);
  }

  /** Whether this frame has its fields where the last one had them, as the messages of one terminal mostly do. */
  fits(frame: Uint8Array, bitmap: number, high: number, low: number): boolean {
    if (high !== this.#bitmapHigh || low !== this.#bitmapLow || bitmap !== this.#bitmap) return false;
    if (frame.length !== this.#size || this.error !== undefined) return false;
    for (const de of this.#variable) {
      if (prefixValue(frame, this.valueStart(de), RULES[de] ?? 0) !== this.length(de)) return false;
    }
    return true;
  }

  /** Reads the lengths of all announced fields, as far as that can be done. */
  read(frame: Uint8Array, bitmap: number, high: number, low: number): void {
    if (high !== this.#bitmapHigh || low !== this.#bitmapLow) this.announced = numbers(high, low);
    this.#bitmap = bitmap;
    this.#bitmapHigh = high;
    this.#bitmapLow = low;
    this.#size = frame.length;
    this.#variable.length = 0;
    this.error = undefined;
    this.end = bitmap + 8;
    this.#high = this.#readHalf(frame, high, 1);
    this.#low = this.error === undefined ? this.#readHalf(frame, low, 33) : 0;
  }

  /** @returns the fields that could be read. */
  #readHalf(frame: Uint8Array, announced: number, first: number): number {
    const size = frame.length;
    let rest = announced;
    let at = this.end;
    while (rest !== 0) {
      const zeros = Math.clz32(rest);
      const de = first + zeros;
      const fieldRule = RULES[de] ?? 0;
      const fixed = fieldRule & 0xff;
      let valueStart = at;
      let end = at + fixed;
      if (fixed === 0) {
        valueStart = at + ((fieldRule >> PREFIX_SHIFT) & 3);
        const length = prefixValue(frame, valueStart, fieldRule);
        if (valueStart === at || valueStart > size || length > fieldRule >> MAX_SHIFT) {
          return this.#stop(de, at, lengthFault(de, valueStart === at, valueStart > size, length), announced, zeros);
        }
        this.#variable.push(de);
        this.#length[de] = length;
        end = valueStart + ((fieldRule & DIGITS_BIT) === 0 ? length : (length + 1) >> 1);
      } else {
        this.#length[de] = fieldRule >> MAX_SHIFT;
      }
      if (end > size) return this.#stop(de, at, "truncated", announced, zeros);
      this.#valueStart[de] = valueStart;
      at = end;
      rest ^= 0x8000_0000 >>> zeros;
    }
    this.end = at;
    return announced;
  }

  #stop(de: number, offset: number, reason: StopReason, announced: number, zeros: number): number {
    this.error = { de, offset, reason };
    this.end = offset;
    return keepFirst(announced, zeros);
  }
}

/** What the packed length before `valueStart` says; at least {@link NOT_DECIMAL} when it is not decimal. */
function prefixValue(frame: Uint8Array, valueStart: number, fieldRule: number): number {
  const low = pairValue(frame, valueStart - 1);
  return ((fieldRule >> PREFIX_SHIFT) & 3) === 1 ? low : 100 * pairValue(frame, valueStart - 2) + low;
}

function lengthFault(de: number, unknown: boolean, beyond: boolean, length: number): StopReason {
  if (unknown) return de === 1 ? "secondaryBitmap" : "unknownField";
  if (beyond) return "truncated";
  return length < NOT_DECIMAL ? "lengthOverMaximum" : "badDigit";
}

function keepFirst(word: number, bits: number): number {
  return bits === 0 ? 0 : word & -(2 ** (32 - bits));
}

function numbers(high: number, low: number): readonly number[] {
  const all = Array.from({ length: 64 }, (_, i) => i + 1);
  return all.filter((de) => (de < 33 ? high << (de - 1) : low << (de - 33)) < 0);
}

/** One index for each way of filling a bitmap, more or less: acquirers know a few dozen. */
const SLOT_BITS = 6;
const slots: readonly FieldIndex[] = Array.from({ length: 1 << SLOT_BITS }, () => new FieldIndex());
const spare = new FieldIndex();

/**
 * Finds the fields of a message.
 *
 * @param bitmap  Its offset; it lies wholly inside the frame.
 */
export function indexFields(frame: Uint8Array, bitmap: number): FieldIndex {
  const high = wordAt(frame, bitmap);
  const low = wordAt(frame, bitmap + 4);
  const slot = Math.imul(high ^ (low << 5) ^ (low >>> 3), 0x9e37_79b1) >>> (32 - SLOT_BITS);
  const index = slots[slot] ?? spare;
  if (!index.fits(frame, bitmap, high, low)) index.read(frame, bitmap, high, low);
  return index;
}
