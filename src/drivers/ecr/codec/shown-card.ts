import type { MaskedCard } from "../../../domain/card.ts";
import { LONGEST_CARD, luhnOk, maskCard, maskHidden, SHORTEST_CARD } from "../../wire/card.ts";

export interface ShownCard {
  readonly card: MaskedCard;
  /** The whole number, where the terminal gave it: for the token, then forgotten. */
  readonly digits?: string;
}

/**
 * A card number as a terminal tells it: whole, or with its middle taken out by stars, letters or zeros; filled with zeros on
 * the left.
 *
 * @returns `undefined` for what is no card number.
 */
export function shownCard(field: string): ShownCard | undefined {
  const shown = field.trim().replace(/^0+/, "");
  if (shown.length < SHORTEST_CARD || shown.length > LONGEST_CARD || !/^\S*\d{4}$/.test(shown)) return undefined;
  if (!/^\d+$/.test(shown)) return { card: maskHidden(shown) };
  // A middle of nothing but zeros was taken out: cards of one bank that end alike would share a token.
  if (/^\d{6}0+\d{4}$/.test(shown)) return { card: maskHidden(shown.replace(/(?<=^\d{6})0+(?=\d{4}$)/, stars)) };
  const card = maskCard(shown);
  return luhnOk(shown) ? { card, digits: shown } : { card };
}

/** Of a card of which the terminal tells the last four digits only. */
export function tailOfCard(last4: string): MaskedCard | undefined {
  return /^\d{4}$/.test(last4) ? { ...maskHidden(`****${last4}`), length: 0 } : undefined;
}

function stars(zeros: string): string {
  return "*".repeat(zeros.length);
}
