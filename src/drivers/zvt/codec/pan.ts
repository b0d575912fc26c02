import type { CardToken, MaskedCard } from "../../../domain/card.ts";
import { nibbleAt } from "../../wire/bcd.ts";
import { maskCard, maskHidden, SHORTEST_CARD } from "../../wire/card.ts";

// BMP 22: card number in the clear, or with hidden digits. It lives for the length of one call and goes to mask and token only.

const SEPARATOR = 0xd;
const HIDDEN = 0xe;
const PAD = 0xf;

export type Tokenise = (panDigits: string) => CardToken;

export interface ReadCard {
  readonly card: MaskedCard;
  readonly token?: CardToken;
}

/** @returns undefined when there is no number, or when it has nibbles that stand for nothing. */
export function readPan(
  bytes: Uint8Array,
  start: number,
  end: number,
  tokenise: Tokenise | undefined,
): ReadCard | undefined {
  let text = "";
  let hidden = false;
  for (let i = 2 * start; i < 2 * end; i++) {
    const nibble = nibbleAt(bytes, i);
    if (nibble === SEPARATOR || nibble === PAD) break;
    if (nibble > 9 && nibble !== HIDDEN) return undefined;
    hidden ||= nibble === HIDDEN;
    text += nibble === HIDDEN ? "*" : String(nibble);
  }
  if (text === "") return undefined;
  if (hidden) return { card: maskHidden(text) };
  const card = maskCard(text);
  return tokenise === undefined || text.length < SHORTEST_CARD ? { card } : { card, token: tokenise(text) };
}
