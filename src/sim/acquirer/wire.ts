import { type WireFraming, prefixBytes } from "./frames.ts";

// The host's own reading of the wire, written from reference/iso8583.md (1.1 to 1.3) alone and importing nothing of the
// gateway's: books kept with it can prove the gateway's records wrong.

/** `n`: packed digits, padded at the right; `nr`: padded at the left; `z`: track; `an`: one byte a character; `b`: bytes. */
type Packing = "n" | "nr" | "z" | "an" | "b";
/** A number is a fixed count (digits or bytes); `LL` and `LLL` are one or two BCD bytes that say it. */
type Size = number | "LL" | "LLL";

const LAYOUT: ReadonlyMap<number, readonly [Packing, Size]> = new Map<number, readonly [Packing, Size]>([
  [2, ["n", "LL"]],
  [3, ["n", 6]],
  [4, ["n", 12]],
  [11, ["n", 6]],
  [12, ["n", 6]],
  [13, ["n", 4]],
  [14, ["n", 4]],
  [15, ["n", 4]],
  [22, ["n", 3]],
  [23, ["nr", 3]],
  [25, ["n", 2]],
  [26, ["n", 2]],
  [32, ["n", "LL"]],
  [33, ["n", "LL"]],
  [35, ["z", "LL"]],
  [36, ["z", "LLL"]],
  [37, ["an", 12]],
  [38, ["an", 6]],
  [39, ["an", 2]],
  [41, ["an", 8]],
  [42, ["an", 15]],
  [43, ["an", 40]],
  [44, ["an", "LL"]],
  [46, ["an", "LLL"]],
  [48, ["n", "LLL"]],
  [49, ["an", 3]],
  [52, ["b", 8]],
  [53, ["n", 16]],
  [54, ["an", "LLL"]],
  [55, ["b", "LLL"]],
  [56, ["an", "LLL"]],
  [58, ["an", "LLL"]],
  [59, ["an", "LLL"]],
  [60, ["n", "LLL"]],
  [61, ["n", "LLL"]],
  [62, ["b", "LLL"]],
  [63, ["an", "LLL"]],
  [64, ["b", 8]],
]);

const FIELDS = 64;
const LAYOUT_BY_NUMBER = Array.from({ length: FIELDS + 1 }, (_, de) => LAYOUT.get(de));

/** Where the host stopped reading, and why. Offsets count from the frame's first byte. */
export interface WireFault {
  readonly de: number;
  readonly offset: number;
  readonly reason: "truncated" | "unknownField" | "badDigits" | "trailingBytes" | "secondaryBitmap";
}

/** One message as spans of its frame; fields are turned into text only when asked for. */
export class WireMessage {
  readonly mti: string;
  readonly tpdu: Buffer;
  readonly header: Buffer;
  readonly #frame: Buffer;
  /** Offset of the MTI: what the MAC covers begins here. */
  readonly #bodyAt: number;
  /** For each field: where it begins (length bytes included), where its content begins, where it ends, its count. */
  readonly #spans: Uint16Array;

  constructor(frame: Buffer, framing: WireFraming, bodyAt: number, spans: Uint16Array) {
    const start = prefixBytes(framing);
    this.#frame = frame;
    this.#bodyAt = bodyAt;
    this.#spans = spans;
    this.tpdu = frame.subarray(start, bodyAt - framing.headerBytes);
    this.header = frame.subarray(bodyAt - framing.headerBytes, bodyAt);
    this.mti = frame.toString("hex", bodyAt, bodyAt + 2);
  }

  has(de: number): boolean {
    return this.#span(de, 2) > 0;
  }

  /** Numbers of the fields that the message has, ascending. */
  fields(): readonly number[] {
    return Array.from({ length: FIELDS }, (_, i) => i + 1).filter((de) => this.has(de));
  }

  /** The field as it stands on the wire, length bytes included. */
  raw(de: number): Buffer | undefined {
    return this.has(de) ? this.#frame.subarray(this.#span(de, 0), this.#span(de, 2)) : undefined;
  }

  content(de: number): Buffer | undefined {
    return this.has(de) ? this.#frame.subarray(this.#span(de, 1), this.#span(de, 2)) : undefined;
  }

  /** A numeric field without its padding; in a track the separator is `=`. */
  digits(de: number): string | undefined {
    if (!this.has(de)) return undefined;
    const nibbles = this.#frame.toString("hex", this.#span(de, 1), this.#span(de, 2));
    const count = this.#span(de, 3);
    const packing = LAYOUT_BY_NUMBER[de]?.[0];
    if (packing === "nr") return nibbles.slice(nibbles.length - count);
    const digits = nibbles.length === count ? nibbles : nibbles.slice(0, count);
    return packing === "z" ? digits.replaceAll("d", "=") : digits;
  }

  /** A character field, one byte a character, as it stands. */
  text(de: number): string | undefined {
    return this.has(de) ? this.#frame.toString("latin1", this.#span(de, 1), this.#span(de, 2)) : undefined;
  }

  /** What a MAC covers: from the MTI to the end of the field before DE64. */
  macScope(): Buffer {
    return this.#frame.subarray(this.#bodyAt, this.has(64) ? this.#span(64, 0) : this.#frame.length);
  }

  #span(de: number, part: 0 | 1 | 2 | 3): number {
    return this.#spans[de * 4 + part] ?? 0;
  }
}

/** Reads one whole frame, length bytes included. Never throws. */
export function readWire(frame: Buffer, framing: WireFraming): WireMessage | WireFault {
  const bodyAt = prefixBytes(framing) + (framing.tpdu ? 5 : 0) + framing.headerBytes;
  const bitmapAt = bodyAt + 2;
  let at = bitmapAt + 8;
  if (at > frame.length) return { de: 0, offset: frame.length, reason: "truncated" };
  const spans = new Uint16Array((FIELDS + 1) * 4);
  for (let de = 1; de <= FIELDS; de++) {
    if (((frame[bitmapAt + ((de - 1) >> 3)] ?? 0) & (0x80 >> ((de - 1) & 7))) === 0) continue;
    // Terminals have no secondary bitmap: bit 1 is a damaged message.
    if (de === 1) return { de, offset: bitmapAt, reason: "secondaryBitmap" };
    const layout = LAYOUT_BY_NUMBER[de];
    if (layout === undefined) return { de, offset: at, reason: "unknownField" };
    const [packing, size] = layout;
    const prefix = size === "LL" ? 1 : size === "LLL" ? 2 : 0;
    if (at + prefix > frame.length) return { de, offset: at, reason: "truncated" };
    const count = typeof size === "number" ? size : packedNumber(frame, at, prefix);
    if (count < 0) return { de, offset: at, reason: "badDigits" };
    const contentAt = at + prefix;
    const end = contentAt + (packing === "an" || packing === "b" ? count : (count + 1) >> 1);
    if (end > frame.length) return { de, offset: contentAt, reason: "truncated" };
    spans[de * 4] = at;
    spans[de * 4 + 1] = contentAt;
    spans[de * 4 + 2] = end;
    spans[de * 4 + 3] = count;
    at = end;
  }
  if (at !== frame.length) return { de: FIELDS, offset: at, reason: "trailingBytes" };
  return new WireMessage(frame, framing, bodyAt, spans);
}

/** The number that `length` packed bytes spell; -1 when a nibble is not a digit. */
function packedNumber(bytes: Buffer, at: number, length: number): number {
  let number = 0;
  for (let i = at; i < at + length; i++) {
    const byte = bytes[i] ?? 0xff;
    if (byte >> 4 > 9 || (byte & 0x0f) > 9) return -1;
    number = number * 100 + (byte >> 4) * 10 + (byte & 0x0f);
  }
  return number;
}
