import type { CardScheme, MaskedCard } from "../../../domain/card.ts";

type Range = readonly [first: number, last: number, scheme: CardScheme];

/**
 * First six digits to scheme; the first row that fits counts, so that ranges which two schemes share go to the one
 * that clears them in China. Sources: ISO/IEC 7812 issuer ranges as the schemes publish them.
 */
// oxfmt-ignore
const RANGES: readonly Range[] = [
  [620_000, 629_999, "unionpay"],
  [810_000, 817_199, "unionpay"],
  [400_000, 499_999, "visa"],
  [510_000, 559_999, "mastercard"],
  [222_100, 272_099, "mastercard"],
  [340_000, 349_999, "amex"],
  [370_000, 379_999, "amex"],
  [352_800, 358_999, "jcb"],
  [300_000, 305_999, "diners"],
  [309_500, 309_599, "diners"],
  [360_000, 369_999, "diners"],
  [380_000, 399_999, "diners"],
  [601_100, 601_199, "discover"],
  [644_000, 659_999, "discover"],
  [500_000, 509_999, "maestro"],
  [560_000, 589_999, "maestro"],
  [630_400, 630_499, "maestro"],
  [670_000, 679_999, "maestro"],
];

/** PCI SSC FAQ 1091: first six and last four may be kept when at least four digits go. */
const HEAD = 6;
const TAIL = 4;
const HIDDEN_AT_LEAST = 4;

/** By ISO/IEC 7812 the shortest and the longest number that payment cards have in use. */
export const SHORTEST_CARD = 13;
export const LONGEST_CARD = 19;

/** By the first six digits; `other` when there are fewer. */
export function schemeOf(digits: string): CardScheme {
  if (digits.length < HEAD) return "other";
  let bin6 = 0;
  for (let i = 0; i < HEAD; i++) bin6 = bin6 * 10 + digits.charCodeAt(i) - 0x30;
  for (const range of RANGES) if (bin6 >= range[0] && bin6 <= range[1]) return range[2];
  return "other";
}

/** A digit doubled, its two digits added up. */
const DOUBLED = Uint8Array.of(0, 2, 4, 6, 8, 1, 3, 5, 7, 9);

/** ISO/IEC 7812-1, annex B. False for anything but digits. */
export function luhnOk(digits: string): boolean {
  let sum = 0;
  for (let i = digits.length - 1; i >= 0; i -= 2) {
    const digit = digits.charCodeAt(i) - 0x30;
    const next = i > 0 ? digits.charCodeAt(i - 1) - 0x30 : 0;
    if (digit < 0 || digit > 9 || next < 0 || next > 9) return false;
    sum += digit + (DOUBLED[next] ?? 0);
  }
  return digits !== "" && sum % 10 === 0;
}

/**
 * The only place that truncates a card number (PCI SSC FAQ 1117: two formats could be combined).
 *
 * Numbers of fewer than 14 digits lose the first six, of fewer than 8 some of the last four too.
 *
 * @param digits  Decimal digits only.
 * @param chipExpected  From the service code; leave out when the track is not there or not readable.
 */
export function maskCard(digits: string, chipExpected?: boolean): MaskedCard {
  const { length } = digits;
  const last4 = digits.slice(length - Math.min(TAIL, Math.max(length - HIDDEN_AT_LEAST, 0)));
  const scheme = schemeOf(digits);
  const checked = luhnOk(digits);
  const hasHead = length >= HEAD + HIDDEN_AT_LEAST + TAIL;
  if (hasHead) {
    const bin6 = digits.slice(0, HEAD);
    if (chipExpected === undefined) return { bin6, last4, length, scheme, luhnOk: checked };
    return { bin6, last4, length, scheme, luhnOk: checked, chipExpected };
  }
  if (chipExpected === undefined) return { last4, length, scheme, luhnOk: checked };
  return { last4, length, scheme, luhnOk: checked, chipExpected };
}
