import type { Brand } from "./brand.ts";

/**
 * An amount in the currency's smallest unit (fen, cents). Always a whole number.
 * DE4 carries at most 12 digits, so sums over 9,000 such amounts still stay exact in a double.
 */
export type MinorUnits = Brand<number, "MinorUnits">;

/** ISO 4217 letters, e.g. `CNY`. */
export type Currency = Brand<string, "Currency">;

/** @throws RangeError when `value` is not a whole number of at least 0 that a double holds exactly. */
export function minorUnits(value: number): MinorUnits {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not an amount in minor units: ${value}`);
  return value as MinorUnits;
}

export function currency(code: string): Currency {
  if (!/^[A-Z]{3}$/.test(code)) throw new RangeError(`not an ISO 4217 code: ${code}`);
  return code as Currency;
}

/** DE49 carries ISO 4217 numbers. Only those a shop gateway is likely to meet; others stay as their number. */
const LETTERS_BY_NUMBER: ReadonlyMap<string, string> = new Map([
  ["156", "CNY"],
  ["344", "HKD"],
  ["446", "MOP"],
  ["901", "TWD"],
  ["840", "USD"],
  ["978", "EUR"],
  ["392", "JPY"],
  ["410", "KRW"],
  ["702", "SGD"],
  ["764", "THB"],
  ["826", "GBP"],
  ["756", "CHF"],
  ["036", "AUD"],
  ["124", "CAD"],
  ["152", "CLP"],
  ["643", "RUB"],
]);

/** `undefined` for a number that is not in our table: the caller keeps the number and says so. */
export function currencyFromNumber(number: string): Currency | undefined {
  const letters = LETTERS_BY_NUMBER.get(number);
  return letters === undefined ? undefined : (letters as Currency);
}

const NUMBER_BY_LETTERS: ReadonlyMap<string, string> = new Map(
  [...LETTERS_BY_NUMBER].map(([number, letters]) => [letters, number]),
);

/** The three digits of ISO 4217; `undefined` for a currency that is not in our table. */
export function currencyNumber(code: Currency): string | undefined {
  return NUMBER_BY_LETTERS.get(code);
}
