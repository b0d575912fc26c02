import type { CardScheme, MaskedCard } from "../../domain/card.ts";
import { sixDigitNumber } from "./bcd.ts";
import { byteAt } from "./bytes.ts";

type Range = readonly [first: number, last: number, scheme: CardScheme];

/**
 * First six digits to scheme; the first row that fits counts, so that ranges which two schemes share go to the one
 * that clears them in China. Sources: the schemes' published issuer identification ranges.
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

/** @param bin6  The first six digits as a number; below 100,000 it is of no scheme. */
function schemeOf(bin6: number): CardScheme {
  for (const range of RANGES) if (bin6 >= range[0] && bin6 <= range[1]) return range[2];
  return "other";
}

/** Whether some scheme has numbers that begin with these digits. */
export function hasScheme(digits: string): boolean {
  return schemeOf(Number(digits.slice(0, HEAD))) !== "other";
}

/** A digit doubled, its two digits added up. */
const DOUBLED = Uint8Array.of(0, 2, 4, 6, 8, 1, 3, 5, 7, 9);

/** The same for a packed byte of which the first digit is doubled, or the second. */
const FIRST_DOUBLED = Uint8Array.from({ length: 256 }, (_, byte) => (DOUBLED[byte >> 4] ?? 0) + (byte & 15));
const SECOND_DOUBLED = Uint8Array.from({ length: 256 }, (_, byte) => (byte >> 4) + (DOUBLED[byte & 15] ?? 0));

/** ISO/IEC 7812-1, annex B. False for anything but digits. */
export function luhnOk(digits: string): boolean {
  if (!/^\d+$/.test(digits)) return false;
  let sum = 0;
  for (let i = digits.length - 1; i >= 0; i -= 2) {
    sum += digits.charCodeAt(i) - 0x30 + (i > 0 ? (DOUBLED[digits.charCodeAt(i - 1) - 0x30] ?? 0) : 0);
  }
  return sum % 10 === 0;
}

/** The same for packed digits that are known to be decimal. */
function luhnOkPacked(bytes: Uint8Array, at: number, count: number): boolean {
  const even = count % 2 === 0;
  const table = even ? FIRST_DOUBLED : SECOND_DOUBLED;
  const last = at + (count >> 1);
  let sum = even ? 0 : byteAt(bytes, last) >> 4;
  for (let i = at; i < last; i++) sum += table[byteAt(bytes, i)] ?? 0;
  return sum % 10 === 0;
}

/**
 * Masks a card number. This file is the only one that truncates one (PCI SSC FAQ 1117: two formats could be combined).
 *
 * Numbers of fewer than 14 digits lose the first six, of fewer than 8 some of the last four too.
 *
 * @param digits  Decimal digits only.
 * @param chipExpected  From the service code; leave out when the track is not there or not readable.
 */
export function maskCard(digits: string, chipExpected?: boolean): MaskedCard {
  return truncate(digits, schemeOf(Number(digits.slice(0, HEAD))), luhnOk(digits), chipExpected);
}

/** The same for at least six digits that stand packed at `at`, where they are quicker to check. */
export function maskPackedCard(digits: string, bytes: Uint8Array, at: number, chipExpected?: boolean): MaskedCard {
  return truncate(digits, schemeOf(sixDigitNumber(bytes, at)), luhnOkPacked(bytes, at, digits.length), chipExpected);
}

/**
 * Masks what a terminal tells of a number that it has masked itself, by the same rule: it may show more than we keep.
 *
 * @param text  Digits; any other character is one hidden digit.
 */
export function maskHidden(text: string): MaskedCard {
  const { length } = text;
  const head = /^\d*/.exec(text)?.[0] ?? "";
  const tail = /\d*$/.exec(text)?.[0] ?? "";
  const last4 = tail.slice(Math.max(tail.length - Math.min(TAIL, Math.max(length - HIDDEN_AT_LEAST, 0)), 0));
  const told = { last4, length, scheme: head.length < HEAD ? "other" : schemeOf(Number(head.slice(0, HEAD))) } as const;
  const known = head.length >= HEAD && length >= HEAD + HIDDEN_AT_LEAST + TAIL;
  return {
    ...(known ? { bin6: head.slice(0, HEAD) } : {}),
    ...told,
    luhnOk: true,
    hiddenByTerminal: true,
  };
}

function truncate(digits: string, scheme: CardScheme, checked: boolean, chipExpected: boolean | undefined): MaskedCard {
  const { length } = digits;
  if (length < HEAD + HIDDEN_AT_LEAST + TAIL) {
    const last4 = digits.slice(length - Math.min(TAIL, Math.max(length - HIDDEN_AT_LEAST, 0)));
    if (chipExpected === undefined) return { last4, length, scheme, luhnOk: checked };
    return { last4, length, scheme, luhnOk: checked, chipExpected };
  }
  const bin6 = digits.slice(0, HEAD);
  const last4 = digits.slice(length - TAIL);
  if (chipExpected === undefined) return { bin6, last4, length, scheme, luhnOk: checked };
  return { bin6, last4, length, scheme, luhnOk: checked, chipExpected };
}
