import { firstNotDecimal, nibbleAt, nibbleNumber, nibbleText, sixteenDigits } from "../../wire/bcd.ts";
import { LONGEST_CARD } from "../../wire/card.ts";
import { firstDigit } from "./packed-field.ts";

// Card numbers in the clear. They live for the length of one call and go to mask and token only.

/** Track 2 after the number: separator, expiry YYMM, service code of three digits (ISO/IEC 7813). */
const SEPARATOR = 0xd;
const EXPIRY_DIGITS = 4;

/**
 * The digits of DE2. Some terminals count filler F as digits: it is no part of the number.
 *
 * @returns empty when there are other digits than decimal ones.
 */
export function panDigits(frame: Uint8Array, at: number, length: number): string {
  if (length === 16) return sixteenDigits(frame, at);
  const first = firstDigit(frame, at, length, "left");
  let end = first + length;
  while (end > first && nibbleAt(frame, end - 1) === 0xf) end--;
  return decimalDigits(frame, first, end - first);
}

/**
 * The number at the head of track 2.
 *
 * @returns empty when it has no end, is too long for a card, or has other digits than decimal ones.
 */
export function trackDigits(frame: Uint8Array, at: number, length: number): string {
  const first = firstDigit(frame, at, length, "left");
  const count = separatorAfter(frame, first, length);
  return count === length || count > LONGEST_CARD ? "" : decimalDigits(frame, first, count);
}

/**
 * A service code that begins with 2 or 6 belongs to a card with a chip (ISO/IEC 7813); undefined when there is none.
 *
 * @param digits  Of the card number, where that is known: the separator is looked for behind it first.
 */
export function chipExpectedBy(frame: Uint8Array, at: number, length: number, digits: number): boolean | undefined {
  const first = firstDigit(frame, at, length, "left");
  const known = digits < length && nibbleAt(frame, first + digits) === SEPARATOR;
  const serviceCode = (known ? digits : separatorAfter(frame, first, length)) + 1 + EXPIRY_DIGITS;
  if (serviceCode + 3 > length || nibbleNumber(frame, first + serviceCode, 3) < 0) return undefined;
  const digit = nibbleAt(frame, first + serviceCode);
  return digit === 2 || digit === 6;
}

/** Digits before the separator; `length` when there is no separator. */
function separatorAfter(frame: Uint8Array, first: number, length: number): number {
  let count = 0;
  while (count < length && nibbleAt(frame, first + count) !== SEPARATOR) count++;
  return count;
}

function decimalDigits(frame: Uint8Array, first: number, count: number): string {
  const good = firstNotDecimal(frame, first, count) < 0;
  return good ? nibbleText(frame, first, count) : "";
}
