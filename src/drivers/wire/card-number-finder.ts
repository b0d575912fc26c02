import { displayCard } from "../../domain/card.ts";
import { hasScheme, LONGEST_CARD, luhnOk, maskCard, SHORTEST_CARD } from "./card.ts";

/** Digits, also the full-width ones of GBK texts, in groups that one space or dash keeps apart. */
const RUN = /[0-9\uff10-\uff19]+(?:[ -][0-9\uff10-\uff19]+)*/g;
const FULL_WIDTH = /[\uff10-\uff19]/g;
const FULL_WIDTH_BY = 0xff10 - 0x30;

/**
 * Replaces card numbers in free text by their mask: 13 to 19 digits with a right Luhn digit, also written in groups.
 *
 * A longer number that hides one is starred whole, because nobody can say where in it the card number begins.
 */
export function withoutCardNumbers(text: string): string {
  return text.length < SHORTEST_CARD ? text : text.replace(RUN, (run) => withoutCards(run.split(/(?<=[ -])/)));
}

/** @param groups  Digits, each group but the last with its separator. */
function withoutCards(groups: readonly string[]): string {
  let text = "";
  for (let i = 0; i < groups.length;) {
    const { taken, replacement } = nextNumber(groups.slice(i));
    text += replacement;
    i += taken;
  }
  return text;
}

/** The longest card number that begins with the first group, else that group alone. */
function nextNumber(groups: readonly string[]): { taken: number; replacement: string } {
  for (let taken = Math.min(groups.length, LONGEST_CARD); taken > 0; taken--) {
    const written = groups.slice(0, taken).join("");
    const digits = digitsOf(written);
    if (digits.length >= SHORTEST_CARD && digits.length <= LONGEST_CARD && luhnOk(digits)) {
      return { taken, replacement: displayCard(maskCard(digits)) + separatorAfter(written) };
    }
  }
  const [group = ""] = groups;
  return { taken: 1, replacement: hidesCard(digitsOf(group)) ? group.replace(/[^ -]/g, "*") : group };
}

function digitsOf(written: string): string {
  const ascii = written.replace(FULL_WIDTH, (digit) => String.fromCharCode(digit.charCodeAt(0) - FULL_WIDTH_BY));
  return ascii.replace(/[ -]/g, "");
}

function separatorAfter(written: string): string {
  return /[ -]$/.exec(written)?.[0] ?? "";
}

/** Whether some 13 to 19 of the digits are a card number of a scheme we know. */
function hidesCard(digits: string): boolean {
  for (let start = 0; start + SHORTEST_CARD <= digits.length; start++) {
    if (!hasScheme(digits.slice(start))) continue;
    for (let length = SHORTEST_CARD; length <= LONGEST_CARD && start + length <= digits.length; length++) {
      if (luhnOk(digits.slice(start, start + length))) return true;
    }
  }
  return false;
}
