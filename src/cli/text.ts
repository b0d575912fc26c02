import type { Currency, MinorUnits } from "../domain/money.ts";

/** Control characters and those that reverse the direction of writing. */
const UNPRINTABLE = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/** What came off a wire or a network must not drive the terminal it is shown on. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, "·");
}

export function withoutLongNumbers(text: string): string {
  return text.replace(/[0-9]{13,}/g, "(long number)");
}

/** RFC 3339 as people in the shop read it: `2026-01-31 18:00:00 +08:00`. */
export function localTime(rfc3339: string): string {
  const time = new Date(rfc3339);
  if (Number.isNaN(time.getTime())) return printable(rfc3339);
  const offset = -time.getTimezoneOffset();
  const local = new Date(time.getTime() + offset * 60_000).toISOString();
  const [hours, minutes] = [Math.trunc(Math.abs(offset) / 60), Math.abs(offset) % 60].map((n) =>
    String(n).padStart(2, "0"),
  );
  return `${local.slice(0, 10)} ${local.slice(11, 19)} ${offset < 0 ? "-" : "+"}${hours}:${minutes}`;
}

/** Digits after the point: ISO 4217 minor units, which ECMA-402 follows; 2 for a code that it does not know. */
function fractionDigits(currency: Currency | undefined): number {
  if (currency === undefined) return 2;
  const { maximumFractionDigits } = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions();
  return maximumFractionDigits ?? 2;
}

/** `123.45`, without the currency. */
export function decimalAmount(amount: MinorUnits, currency: Currency | undefined): string {
  const fraction = fractionDigits(currency);
  const digits = String(amount).padStart(fraction + 1, "0");
  return fraction === 0 ? digits : `${digits.slice(0, -fraction)}.${digits.slice(-fraction)}`;
}

/** `123.45 CNY`. */
export function displayAmount(amount: MinorUnits, currency: Currency | undefined): string {
  return `${decimalAmount(amount, currency)} ${currency ?? "(currency unknown)"}`;
}

/** Those that take two columns on a screen (Unicode TR 11, wide and full-width). */
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/g;

function widthOf(text: string): number {
  return text.length + (text.match(WIDE)?.length ?? 0);
}

/** Columns under their heads, two spaces apart. */
export function columns(heads: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const all = [heads, ...rows];
  const widths = heads.map((_, column) => Math.max(...all.map((row) => widthOf(row[column] ?? ""))));
  return all.map((row) =>
    row
      .map((cell, column) => cell + " ".repeat(Math.max((widths[column] ?? 0) - widthOf(cell), 0)))
      .join("  ")
      .trimEnd(),
  );
}
