import { asciiText } from "../../wire/ascii.ts";
import { gbkText } from "../../wire/gbk.ts";
import { withoutCardNumbers } from "../../wire/card-number-finder.ts";

/** DE63.1 of an answer: the card organisation, before the texts (reference iso8583.md, 1.7). */
const ORGANISATION_BYTES = 3;
const ORGANISATIONS: ReadonlySet<string> = new Set(["CUP", "VIS", "MCC", "MAE", "JCB", "DCC", "AMX", "000", "   "]);

/** Characters: three texts of twenty bytes each, and something over for hosts that write more. */
const LONGEST_TEXT = 80;

/**
 * Free text of terminal or host: GBK, card numbers masked, control characters and runs of spaces made one space.
 *
 * @param longest  Characters; what is more is cut off.
 */
function freeText(frame: Uint8Array, start: number, end: number, longest: number): string {
  // Masked before the cut: a card number cut in two would pass the finder.
  return withoutCardNumbers(gbkText(frame, start, end).replace(/[\p{C}\s]+/gu, " "))
    .trim()
    .slice(0, longest)
    .toWellFormed();
}

/** DE63 of an answer: what issuer, centre and acquirer say. Empty when they say nothing. */
export function hostText(frame: Uint8Array, start: number, end: number): string {
  const texts = start + ORGANISATION_BYTES;
  if (texts >= end) return "";
  const organised = ORGANISATIONS.has(asciiText(frame, start, texts));
  return freeText(frame, organised ? texts : start, end, LONGEST_TEXT);
}

/** DE63 of a sign-in request: `01 `. Empty when it is nothing like an operator number. */
export function operatorNumber(frame: Uint8Array, start: number, end: number): string {
  const text = asciiText(frame, start, Math.min(start + ORGANISATION_BYTES, end)).trim();
  return /^[0-9A-Za-z]{1,3}$/.test(text) ? text : "";
}
