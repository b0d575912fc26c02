import { byteAt } from "../../wire/bytes.ts";

// Bitmap fields (PA00P015 13.08, data elements): one byte of name, then a value whose length the name decides.

/** How long a field's value is: so many bytes, or by a prefix of two or three bytes `Fx Fy (Fz)`, or by BER. */
export type BmpLength = number | "ll" | "lll" | "tlv";

const LENGTHS: readonly (BmpLength | undefined)[] = lengths();

// oxfmt-ignore
function lengths(): (BmpLength | undefined)[] {
  const table: (BmpLength | undefined)[] = Array.from({ length: 256 }, () => undefined);
  const put = (length: BmpLength, ...names: readonly number[]): void => {
    for (const name of names) table[name] = length;
  };
  put(1, 0x01, 0x02, 0x03, 0x05, 0x19, 0x27, 0x8a, 0x8c, 0xa0, 0xd0, 0xd2, 0xd3, 0xe0, 0xe9, 0xea, 0xf0, 0xf9, 0xfa,
    0xfb, 0xfc, 0xfd, 0x72, 0x73, 0x74, 0x75);
  put(2, 0x0d, 0x0e, 0x17, 0x3a, 0x49, 0x87);
  put(3, 0x0b, 0x0c, 0x37, 0x3d, 0x88, 0xaa);
  put(4, 0x29, 0x70, 0x71);
  put(5, 0xba);
  put(6, 0x04);
  put(8, 0x3b, 0xeb);
  put(15, 0x2a);
  put("ll", 0x22, 0x23, 0x2d, 0x4c, 0x8b, 0xa7, 0xd1, 0xe1, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xf1, 0xf2, 0xf3,
    0xf4, 0xf5, 0xf6, 0xf7, 0xf8);
  put("lll", 0x24, 0x2e, 0x3c, 0x60, 0x92, 0x9a, 0xaf);
  put("tlv", 0x06);
  return table;
}

/** @returns undefined for a name that is in no list. */
export function bmpLength(name: number): BmpLength | undefined {
  return LENGTHS[name];
}

/** Why the rest of an APDU cannot be read: nobody knows where the next field would begin. */
export interface Unread {
  /** Offset of the field that could not be read. */
  readonly at: number;
  readonly why: "unknown" | "length" | "cut";
}

/**
 * Reads the fields `at`..`end` in whatever order they come.
 *
 * @param visit  Called for each whole field. The values are views: card data must not be kept.
 * @returns what stopped it, if it did not come to the end.
 */
export function readBmps(
  bytes: Uint8Array,
  at: number,
  end: number,
  visit: (name: number, start: number, end: number) => void,
): Unread | undefined {
  let i = at;
  while (i < end) {
    const name = byteAt(bytes, i);
    const length = LENGTHS[name];
    if (length === undefined) return { at: i, why: "unknown" };
    const start = i + 1 + (typeof length === "number" ? 0 : prefixBytes(bytes, i + 1, length));
    if (start > end) return { at: i, why: "cut" };
    const count = typeof length === "number" ? length : prefixed(bytes, i + 1, length);
    if (count < 0) return { at: i, why: "length" };
    if (start + count > end) return { at: i, why: "cut" };
    visit(name, start, start + count);
    i = start + count;
  }
  return undefined;
}

function prefixBytes(bytes: Uint8Array, at: number, kind: "ll" | "lll" | "tlv"): number {
  if (kind !== "tlv") return kind === "ll" ? 2 : 3;
  const first = byteAt(bytes, at);
  return first <= 0x7f ? 1 : 1 + (first & 0x7f);
}

/** The length that a prefix says, or -1 when it says none. */
function prefixed(bytes: Uint8Array, at: number, kind: "ll" | "lll" | "tlv"): number {
  if (kind === "tlv") return berLength(bytes, at);
  let value = 0;
  for (let i = at; i < at + (kind === "ll" ? 2 : 3); i++) {
    const byte = byteAt(bytes, i);
    if (byte < 0xf0 || byte > 0xf9) return -1;
    value = value * 10 + (byte & 15);
  }
  return value;
}

/** BER: 00–7F, 81 xx, 82 xx xx; big-endian, unlike the APDU's own length. */
function berLength(bytes: Uint8Array, at: number): number {
  const first = byteAt(bytes, at);
  if (first <= 0x7f) return first;
  if (first === 0x81) return byteAt(bytes, at + 1);
  return first === 0x82 ? (byteAt(bytes, at + 1) << 8) | byteAt(bytes, at + 2) : -1;
}

/** Length of the `Fx Fy Fz` text that stands at `at`, or -1 when there is none. */
export function lllLength(bytes: Uint8Array, at: number, end: number): number {
  return at + 3 > end ? -1 : prefixed(bytes, at, "lll");
}
