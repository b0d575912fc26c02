import { nibbleAt, nibbleNumber, nibbleText, sixteenDigits } from "../../wire/bcd.ts";
import { LONGEST_CARD, luhnOk, SHORTEST_CARD } from "./card.ts";
import { firstDigit } from "./packed-field.ts";

/** A card number in the clear. It lives for the length of one call and goes to mask and token only. */
export interface CardReading {
  readonly digits: string;
  readonly chipExpected?: boolean;
}

/** Track 2 after the number: separator, expiry YYMM, service code of three digits (ISO/IEC 7813). */
const SEPARATOR = 0xd;
const EXPIRY_DIGITS = 4;

/**
 * DE2. Some terminals count filler F as digits: it is dropped.
 *
 * @returns the decimal digits, or empty when there are others among them.
 */
export function panDigits(frame: Uint8Array, at: number, length: number): string {
  if (length === 16) return sixteenDigits(frame, at);
  const first = firstDigit(frame, at, length, "left");
  let end = first + length;
  while (end > first && nibbleAt(frame, end - 1) === 0xf) end--;
  return decimalDigits(frame, first, end - first);
}

function decimalDigits(frame: Uint8Array, first: number, count: number): string {
  for (let i = first; i < first + count; i++) if (nibbleAt(frame, i) > 9) return "";
  return nibbleText(frame, first, count);
}

/**
 * The number at the head of track 2, and what its service code says.
 *
 * @param encrypted  DE53 says that the terminal encrypted the track: its tail is then noise, and so may be the number.
 */
export function trackCard(frame: Uint8Array, at: number, length: number, encrypted: boolean): CardReading | undefined {
  const first = firstDigit(frame, at, length, "left");
  let count = 0;
  while (count < length && nibbleAt(frame, first + count) !== SEPARATOR) count++;
  if (count === length || count > LONGEST_CARD) return undefined;
  const digits = decimalDigits(frame, first, count);
  if (digits === "" || (encrypted && !(count >= SHORTEST_CARD && luhnOk(digits)))) return undefined;
  const chip = encrypted ? undefined : chipExpected(frame, first + count + 1 + EXPIRY_DIGITS, first + length);
  return chip === undefined ? { digits } : { digits, chipExpected: chip };
}

/** A service code that begins with 2 or 6 belongs to a card with a chip (ISO/IEC 7813). */
function chipExpected(frame: Uint8Array, serviceCode: number, end: number): boolean | undefined {
  if (serviceCode + 3 > end || nibbleNumber(frame, serviceCode, 3) < 0) return undefined;
  const digit = nibbleAt(frame, serviceCode);
  return digit === 2 || digit === 6;
}
