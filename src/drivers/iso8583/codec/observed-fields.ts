import { type Currency, currencyFromNumber, minorUnits } from "../../../domain/money.ts";
import { asciiText, trimmedText } from "../../wire/ascii.ts";
import { fourDigits, sixDigitNumber, sixDigits, twoDigits } from "../../wire/bcd.ts";
import { Memo } from "../../wire/memo.ts";
import type { Draft } from "./draft.ts";
import { entryModeAt } from "./entry-mode.ts";
import type { FieldIndex } from "./field-index.ts";

const names = new Memo(trimmedText);
const codes = new Memo(sixDigits);
const dates = new Memo(fourDigits);
const currencies = new Memo(currencyAt);

/** DE3 to DE25. Ascending, as all readers: what cannot be read ends the message there. */
export function readTransaction(out: Draft, frame: Uint8Array, index: FieldIndex): void {
  if (index.has(3)) {
    const at = index.valueStart(3);
    const processingCode = decimal(index, 3, codes.get(frame, at, at + 3));
    if (processingCode !== "") out.processingCode = processingCode;
  }
  if (index.has(4)) {
    const at = index.valueStart(4);
    const high = sixDigitNumber(frame, at);
    const low = sixDigitNumber(frame, at + 3);
    if (high < 0 || low < 0) index.stopAt(4, at, "badDigit");
    else out.amount = minorUnits(high * 1_000_000 + low);
  }
  const stan = six(frame, index, 11);
  if (stan !== "") out.stan = stan;
  const time = six(frame, index, 12);
  if (time !== "") out.time = time;
  const localDate = date(frame, index, 13);
  if (localDate !== "") out.date = localDate;
  const settlementDate = date(frame, index, 15);
  if (settlementDate !== "") out.settlementDate = settlementDate;
  if (index.has(22)) {
    const entryMode = entryModeAt(frame, index.valueStart(22));
    if (entryMode === undefined) index.stopAt(22, index.valueStart(22), "badDigit");
    else out.entryMode = entryMode;
  }
  if (index.has(25)) {
    const conditionCode = decimal(index, 25, twoDigits(frame, index.valueStart(25)));
    if (conditionCode !== "") out.conditionCode = conditionCode;
  }
}

/** DE37 to DE42. */
export function readParties(out: Draft, frame: Uint8Array, index: FieldIndex): void {
  const rrn = text(frame, index, 37);
  if (rrn !== "") out.rrn = rrn;
  const authCode = text(frame, index, 38);
  if (authCode !== "") out.authCode = authCode;
  const responseCode = name(frame, index, 39);
  if (responseCode !== "") out.responseCode = responseCode;
  const de41 = name(frame, index, 41);
  if (de41 !== "") out.de41 = de41;
  const de42 = name(frame, index, 42);
  if (de42 !== "") out.de42 = de42;
}

/** DE49. */
export function readCurrency(out: Draft, frame: Uint8Array, index: FieldIndex): void {
  if (!index.has(49)) return;
  const at = index.valueStart(49);
  const { letters, number } = currencies.get(frame, at, at + 3);
  if (letters === undefined) out.currencyNumber = number;
  else out.currency = letters;
}

function currencyAt(frame: Uint8Array, start: number, end: number): { letters: Currency | undefined; number: string } {
  const number = asciiText(frame, start, end);
  return { letters: currencyFromNumber(number), number };
}

function six(frame: Uint8Array, index: FieldIndex, de: number): string {
  return index.has(de) ? decimal(index, de, sixDigits(frame, index.valueStart(de))) : "";
}

function date(frame: Uint8Array, index: FieldIndex, de: number): string {
  if (!index.has(de)) return "";
  const at = index.valueStart(de);
  return decimal(index, de, dates.get(frame, at, at + 2));
}

/** Empty digits were not decimal: the message ends before them. */
function decimal(index: FieldIndex, de: number, digits: string): string {
  if (digits === "") index.stopAt(de, index.valueStart(de), "badDigit");
  return digits;
}

function text(frame: Uint8Array, index: FieldIndex, de: number): string {
  if (!index.has(de)) return "";
  const at = index.valueStart(de);
  return trimmedText(frame, at, at + index.length(de));
}

/** The same for what stands in every message of a terminal. */
function name(frame: Uint8Array, index: FieldIndex, de: number): string {
  if (!index.has(de)) return "";
  const at = index.valueStart(de);
  return names.get(frame, at, at + index.length(de));
}
