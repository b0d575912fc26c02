import { byteAt, uint16At } from "./bytes.ts";

/** What {@link pairValue} gives for a byte whose nibbles are not both decimal: above any sum of real ones. */
export const NOT_DECIMAL = 0x8000;

/** 0..99 for every byte of two decimal nibbles: one look-up instead of two shifts and two comparisons. */
const PAIR_VALUE = Uint16Array.from({ length: 256 }, (_, byte) =>
  byte >> 4 < 10 && (byte & 15) < 10 ? (byte >> 4) * 10 + (byte & 15) : NOT_DECIMAL,
);

const PAIR_TEXT: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).toUpperCase().padStart(2, "0"),
);

const ZERO = 0x30;

/** 0..99, or {@link NOT_DECIMAL}. */
export function pairValue(bytes: Uint8Array, at: number): number {
  return PAIR_VALUE[byteAt(bytes, at)] ?? NOT_DECIMAL;
}

/** Whether all nibbles of `count` bytes are decimal. */
export function isDecimal(bytes: Uint8Array, at: number, count: number): boolean {
  let seen = 0;
  for (let i = at; i < at + count; i++) seen |= pairValue(bytes, i);
  return seen < NOT_DECIMAL;
}

/** The nibble at `index`; 0 is the high nibble of byte 0. */
export function nibbleAt(bytes: Uint8Array, index: number): number {
  const byte = byteAt(bytes, index >> 1);
  return (index & 1) === 0 ? byte >> 4 : byte & 15;
}

/** Value of three packed bytes, 0..999999, or -1 when a nibble is not decimal. */
export function sixDigitNumber(bytes: Uint8Array, at: number): number {
  const a = pairValue(bytes, at);
  const b = pairValue(bytes, at + 1);
  const c = pairValue(bytes, at + 2);
  return (a | b | c) < NOT_DECIMAL ? (a * 100 + b) * 100 + c : -1;
}

/** Value of `count` nibbles from nibble `index` on (at most 15), or -1 when one is not decimal. */
export function nibbleNumber(bytes: Uint8Array, index: number, count: number): number {
  let value = 0;
  for (let i = index; i < index + count; i++) {
    const nibble = nibbleAt(bytes, i);
    if (nibble > 9) return -1;
    value = value * 10 + nibble;
  }
  return value;
}

/** Two digits of one packed byte, hexadecimal in upper case. */
export function pairText(bytes: Uint8Array, at: number): string {
  return PAIR_TEXT[byteAt(bytes, at)] ?? "";
}

/** Two decimal digits of one packed byte; empty when one is not decimal. */
export function twoDigits(bytes: Uint8Array, at: number): string {
  return pairValue(bytes, at) < NOT_DECIMAL ? pairText(bytes, at) : "";
}

/** Four decimal digits of two packed bytes; empty when one is not decimal. */
export function fourDigits(bytes: Uint8Array, at: number): string {
  return carries(uint16At(bytes, at)) === 0 ? pairText(bytes, at) + pairText(bytes, at + 1) : "";
}

/** `000`..`999`: network codes and entry modes come in threes. */
const THREE_DIGITS: readonly string[] = Array.from({ length: 1000 }, (_, value) => String(value).padStart(3, "0"));

/** Three decimal nibbles from nibble `index` on; empty when one is not decimal. */
export function threeDigits(bytes: Uint8Array, index: number): string {
  const value = nibbleNumber(bytes, index, 3);
  return value < 0 ? "" : (THREE_DIGITS[value] ?? "");
}

/** Not 0 when a nibble of at most six is above 9: it carries into its neighbour when 6 is added. */
function carries(packed: number): number {
  return ((packed + 0x66_6666) ^ packed) & 0x111_1110;
}

/** Six decimal digits of three packed bytes; empty when one is not decimal. */
export function sixDigits(bytes: Uint8Array, at: number): string {
  const packed = (uint16At(bytes, at) << 8) | byteAt(bytes, at + 2);
  if (carries(packed) !== 0) return "";
  return String.fromCharCode(
    ZERO + (packed >> 20),
    ZERO + ((packed >> 16) & 15),
    ZERO + ((packed >> 12) & 15),
    ZERO + ((packed >> 8) & 15),
    ZERO + ((packed >> 4) & 15),
    ZERO + (packed & 15),
  );
}

/** Sixteen decimal digits of eight packed bytes, built in one call; empty when one is not decimal. */
// oxfmt-ignore
export function sixteenDigits(bytes: Uint8Array, at: number): string {
  const a = uint16At(bytes, at);
  const b = uint16At(bytes, at + 2);
  const c = uint16At(bytes, at + 4);
  const d = uint16At(bytes, at + 6);
  if ((carries(a) | carries(b) | carries(c) | carries(d)) !== 0) return "";
  return String.fromCharCode(
    ZERO + (a >> 12), ZERO + ((a >> 8) & 15), ZERO + ((a >> 4) & 15), ZERO + (a & 15),
    ZERO + (b >> 12), ZERO + ((b >> 8) & 15), ZERO + ((b >> 4) & 15), ZERO + (b & 15),
    ZERO + (c >> 12), ZERO + ((c >> 8) & 15), ZERO + ((c >> 4) & 15), ZERO + (c & 15),
    ZERO + (d >> 12), ZERO + ((d >> 8) & 15), ZERO + ((d >> 4) & 15), ZERO + (d & 15),
  );
}

/** Index of the first of `count` nibbles that is not decimal, or -1. */
export function firstNotDecimal(bytes: Uint8Array, index: number, count: number): number {
  const end = index + count;
  let i = index;
  if ((i & 1) === 0) while (i + 1 < end && pairValue(bytes, i >> 1) < NOT_DECIMAL) i += 2;
  while (i < end && nibbleAt(bytes, i) < 10) i++;
  return i < end ? i : -1;
}

/** `count` nibbles from nibble `index` on that are known to be decimal. */
export function decimalText(bytes: Uint8Array, index: number, count: number): string {
  if ((index & 1) === 1) return nibbleText(bytes, index, count);
  let text = "";
  let i = index;
  for (; index + count - i >= 6; i += 6) text += sixDigits(bytes, i >> 1);
  return text + nibbleText(bytes, i, index + count - i);
}

/** `count` nibbles from nibble `index` on, hexadecimal in upper case. */
export function nibbleText(bytes: Uint8Array, index: number, count: number): string {
  let text = "";
  let i = index;
  const end = index + count;
  if ((i & 1) === 1 && i < end) text = pairText(bytes, i++ >> 1).slice(1);
  for (; i + 1 < end; i += 2) text += pairText(bytes, i >> 1);
  return i < end ? text + pairText(bytes, i >> 1).slice(0, 1) : text;
}
