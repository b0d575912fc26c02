import { findIban } from "./text.ts";
import { hasScheme, LONGEST_CARD, luhnOk, SHORTEST_CARD } from "../../wire/card.ts";

/** Where a digit stands on a slip, and whether a number can begin or end there. */
interface Place {
  readonly line: number;
  readonly at: number;
  readonly digit: string;
  readonly begins: boolean;
  readonly ends: boolean;
}

const TAIL = /\d[\d -]*$/;
const HEAD = /^\s*\d[\d -]*/;

/**
 * A slip on which card numbers and IBANs are hidden that a line break cuts: each line alone looks harmless. Of digits only
 * whole groups at the end of one line and the beginning of the next count, and only card numbers of a scheme we know: a slip
 * is full of other numbers.
 *
 * @param lines  Each one is masked already.
 */
export function withoutSplitNumbers(lines: readonly string[]): readonly string[] {
  return withoutSplitIbans(withoutSplitCards(lines));
}

/** Slips of 24 columns have no room for an IBAN in groups. */
function withoutSplitIbans(lines: readonly string[]): readonly string[] {
  const shown = [...lines];
  for (const line of lines.keys()) {
    const first = (shown[line] ?? "").trimEnd();
    const next = shown[line + 1] ?? "";
    const second = next.trimStart();
    const iban = findIban(`${first} ${second}`);
    if (iban === undefined) continue;
    const { start, end } = iban;
    if (start >= first.length || end <= first.length + 1) continue;
    const behind = end - first.length - 1;
    shown[line] = first.slice(0, start + 2) + stars(first.slice(start + 2));
    shown[line + 1] = next.slice(0, -second.length) + stars(second.slice(0, behind)) + second.slice(behind);
  }
  return shown;
}

function stars(text: string): string {
  return text.replace(/[^ ]/g, "*");
}

function withoutSplitCards(lines: readonly string[]): readonly string[] {
  const shown = [...lines];
  for (const line of lines.keys()) {
    for (const { line: of, at } of splitCardFrom(shown, line)) {
      const text = shown[of] ?? "";
      shown[of] = `${text.slice(0, at)}*${text.slice(at + 1)}`;
    }
  }
  return shown;
}

/** The digits of the first card number that begins at the end of `line` and goes on in the next ones; none if there is none. */
function splitCardFrom(lines: readonly string[], line: number): readonly Place[] {
  const places = chainFrom(lines, line);
  for (const [from, { line: of, begins }] of places.entries()) {
    if (of !== line) break;
    if (!begins) continue;
    for (let length = LONGEST_CARD; length >= SHORTEST_CARD; length--) {
      const found = places.slice(from, from + length);
      const last = found.at(-1);
      if (found.length < length || last === undefined || last.line === line || !last.ends) continue;
      const digits = found.map(({ digit }) => digit).join("");
      if (hasScheme(digits) && luhnOk(digits)) return found;
    }
  }
  return [];
}

/** Digits at the end of `line`, and of the lines behind it as long as they have nothing else. */
function chainFrom(lines: readonly string[], line: number): readonly Place[] {
  const tail = TAIL.exec(lines[line]?.trimEnd() ?? "");
  if (tail === null) return [];
  const places = placesOf(line, tail.index, tail[0]);
  const behind = lines.slice(line + 1, line + LONGEST_CARD);
  for (const [i, text] of behind.entries()) {
    const head = HEAD.exec(text)?.[0];
    if (head === undefined) break;
    places.push(...placesOf(line + 1 + i, 0, head));
    if (head.length < text.trimEnd().length) break;
  }
  return places;
}

function placesOf(line: number, at: number, text: string): Place[] {
  const isDigit = (i: number): boolean => /\d/.test(text[i] ?? "");
  return Array.from(text, (digit, i) => ({
    line,
    at: at + i,
    digit,
    begins: !isDigit(i - 1),
    ends: !isDigit(i + 1),
  })).filter(({ digit }) => /\d/.test(digit));
}
