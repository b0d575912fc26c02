import type { Card } from "./card.ts";

export type EntryMethod = "chip" | "contactless" | "magstripe" | "keyed";

/** How the card was read and whether its holder keyed a PIN. */
export interface CardRead {
  readonly card: Card;
  readonly method: EntryMethod;
  readonly pin: boolean;
}

const METHOD_DIGITS: Readonly<Record<EntryMethod, string>> = {
  chip: "05",
  contactless: "07",
  magstripe: "02",
  keyed: "01",
};

/** DE22: two digits for the way, 1 with and 2 without PIN (reference 1.4). */
export function entryModeCode({ method, pin }: CardRead): string {
  return METHOD_DIGITS[method] + (pin ? "1" : "2");
}

/** As a shop's customers do it: chips are inserted or tapped, small amounts go without PIN. */
export function drawRead(card: Card, amount: number, random: () => number): CardRead {
  if (!card.hasChip) return { card, method: "magstripe", pin: random() < 0.8 };
  const method = random() < 0.6 ? "contactless" : random() < 0.9 ? "chip" : "magstripe";
  // Below 1,000 yuan contactless cards need no PIN in China.
  return { card, method, pin: method !== "contactless" || amount >= 100_000 };
}
