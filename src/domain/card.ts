import type { Brand } from "./brand.ts";

/**
 * All that may leave a codec of a card number: first six, last four, length (PCI DSS 4.0.1, 3.4.1; FAQ 1091).
 * There is one format and one place that makes it, so that two truncations can never be combined (FAQ 1117).
 */
export interface MaskedCard {
  /** First six digits, e.g. `621234`. Absent when the number is too short to keep at least four digits hidden. */
  readonly bin6?: string;
  readonly last4: string;
  /** Digits in the whole number; 0 where a terminal tells the last four only. */
  readonly length: number;
  readonly scheme: CardScheme;
  readonly luhnOk: boolean;
  /** Service code 2xx or 6xx on the track: the card has a chip and should have been inserted or tapped. */
  readonly chipExpected?: boolean;
  /** The terminal hid digits before it told us: nobody could check the number, and `luhnOk` is true only for want of doubt. */
  readonly hiddenByTerminal?: true;
}

export type CardScheme =
  | "unionpay"
  | "visa"
  | "mastercard"
  | "amex"
  | "jcb"
  | "diners"
  | "discover"
  | "maestro"
  | "other";

/**
 * Recognises two uses of one card for a few days; 16 hexadecimal digits of a keyed hash.
 * Never stands in one row, message or file with a masked number.
 */
export type CardToken = Brand<string, "CardToken">;

/** How people see it: `621234******0001`. */
export function displayCard(card: MaskedCard): string {
  const head = card.bin6 ?? "";
  return head + "*".repeat(Math.max(card.length - head.length - card.last4.length, 0)) + card.last4;
}

/** @throws RangeError unless 16 lower-case hexadecimal digits. */
export function cardToken(hex: string): CardToken {
  if (!/^[0-9a-f]{16}$/.test(hex)) throw new RangeError("not a card token");
  return hex as CardToken;
}
