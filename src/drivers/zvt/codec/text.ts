import { byteAt } from "../../wire/bytes.ts";
import { withoutCardNumbers } from "../../wire/card-number-finder.ts";

/** What the terminal's texts are written in (TLV 14): its own default, or what was asked for at registration. */
export type Charset = "cp437" | "utf8";

const UPPER_HALF =
  "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0";

const UTF8 = new TextDecoder("utf-8");

/** Characters of a line or a message; longer ones are cut. */
const LONGEST = 200;

/**
 * Text of the terminal with card numbers and account numbers masked: nothing else may make text of its bytes.
 * Control characters become spaces; the end is trimmed, the beginning is layout.
 */
export function terminalText(bytes: Uint8Array, start: number, end: number, charset: Charset): string {
  const text = charset === "utf8" ? UTF8.decode(bytes.subarray(start, end)) : cp437(bytes, start, end);
  return maskedText(text.replace(/[\p{C}\s]/gu, " ").trimEnd())
    .slice(0, LONGEST)
    .toWellFormed();
}

function cp437(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let i = start; i < end; i++) {
    const byte = byteAt(bytes, i);
    text += byte < 0x80 ? String.fromCharCode(byte) : (UPPER_HALF[byte - 0x80] ?? "?");
  }
  return text;
}

/** Digits that wide gaps keep apart: receipts are set in columns. */
const WIDE_RUN = /\d+(?:[ .-]{1,4}\d+)+/g;

/** ISO 13616: country, two check digits, 11 to 30 more, also in groups. */
const IBAN = /[A-Z]{2}\d{2}(?: ?[A-Za-z0-9]){11,30}/g;
const SHORTEST_IBAN = 15;
const LONGEST_IBAN = 34;

/** A text in which card numbers, also spaced ones, and IBANs are masked. */
export function maskedText(text: string): string {
  if (text.length < 13) return text;
  const withoutAccounts = text.replace(IBAN, (found) => withoutIban(found));
  const tight = withoutCardNumbers(withoutAccounts);
  return tight.replace(WIDE_RUN, (run) => {
    const narrow = run.replace(/[ .-]+/g, " ");
    const masked = withoutCardNumbers(narrow);
    return masked === narrow ? run : masked;
  });
}

/** The longest head of `found` that is an IBAN loses all but its country and its last four. */
function withoutIban(found: string): string {
  const end = ibanEnd(found);
  if (end === 0) return found;
  const plain = found.slice(0, end).replaceAll(" ", "");
  return `${plain.slice(0, 2)}${"*".repeat(plain.length - 6)}${plain.slice(-4)}${found.slice(end)}`;
}

/** Where the first IBAN of a text stands. */
export function findIban(text: string): { readonly start: number; readonly end: number } | undefined {
  for (const { 0: found, index: start } of text.matchAll(IBAN)) {
    const end = ibanEnd(found);
    if (end > 0) return { start, end: start + end };
  }
  return undefined;
}

/** Length of the longest head of `found` that is an IBAN; 0 when there is none. */
function ibanEnd(found: string): number {
  for (let end = found.length; end > 0; end--) {
    const head = found.slice(0, end);
    const plain = head.replaceAll(" ", "");
    if (plain.length < SHORTEST_IBAN) return 0;
    if (plain.length <= LONGEST_IBAN && !head.endsWith(" ") && isIban(plain)) return end;
  }
  return 0;
}

/** ISO 7064, modulo 97: the first four moved to the end, letters as 10..35. */
function isIban(plain: string): boolean {
  let rest = 0;
  for (const character of `${plain.slice(4)}${plain.slice(0, 4)}`.toUpperCase()) {
    const value = Number.parseInt(character, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}
