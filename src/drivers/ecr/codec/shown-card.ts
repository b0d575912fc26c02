import type { CardScheme, MaskedCard } from "../../../domain/card.ts";
import { LONGEST_CARD, luhnOk, maskCard, SHORTEST_CARD } from "../../wire/card.ts";

export interface ShownCard {
  readonly card: MaskedCard;
  /** The whole number, where the terminal gave it: for the token, then forgotten. */
  readonly digits?: string;
}

/**
 * A card number as a terminal tells it: whole, or with its middle taken out by letters, stars or zeros, filled with zeros on
 * the left.
 *
 * @returns `undefined` for what is no card number.
 */
export function shownCard(field: string): ShownCard | undefined {
  const shown = field.trim().replace(/^0+/, "");
  if (shown.length < SHORTEST_CARD || shown.length > LONGEST_CARD) return undefined;
  if (!/^\d+$/.test(shown)) return truncatedCard(shown);
  const card = maskCard(shown);
  // A middle of nothing but zeros was taken out: cards of one bank that end alike would share a token.
  return luhnOk(shown) && !/^0+$/.test(shown.slice(6, -4)) ? { card, digits: shown } : { card };
}

/** Of a card of which the terminal tells the last four digits only. */
export function tailOfCard(last4: string): MaskedCard | undefined {
  if (!/^\d{4}$/.test(last4)) return undefined;
  return { last4, length: 0, scheme: "other", luhnOk: false };
}

function truncatedCard(shown: string): ShownCard | undefined {
  const [, head, last4] = /^(\d*)[^\d\s]+(\d{4})$/.exec(shown) ?? [];
  if (head === undefined || last4 === undefined) return undefined;
  const scheme: CardScheme = head.length < 6 ? "other" : maskCard(shown.replaceAll(/\D/g, "0")).scheme;
  const bin6 = head.length < 6 || shown.length < 14 ? {} : { bin6: head.slice(0, 6) };
  return { card: { ...bin6, last4, length: shown.length, scheme, luhnOk: false } };
}
