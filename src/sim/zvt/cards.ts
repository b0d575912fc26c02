import { withCheckDigit } from "../terminal/card.ts";
import { drawWeighted, type Weighted } from "../weighted.ts";

/** A card as a ZVT terminal tells of it. Nothing here was ever issued. */
export interface ZvtCard {
  readonly pan: string;
  /** BMP 8B. */
  readonly name: string;
  /** BMP 8A. */
  readonly type: number;
  /** Row of BMP 60. */
  readonly row: string;
  /** TLV 1F12: 00 stripe, 01 chip, 02 contactless. */
  readonly technology: number;
  readonly withPin: boolean;
}

/** Rows of BMP 60 in their order (PA00P015, end of day). */
export const TOTAL_ROWS = ["girocard", "jcb", "eurocard", "amex", "visa", "diners", "other"] as const;

interface Make extends Omit<ZvtCard, "pan"> {
  /** First digits, of ranges that no bank uses. */
  readonly prefix: string;
  readonly digits: number;
}

const MAKES: readonly [Weighted<Make>, ...Weighted<Make>[]] = [
  [{ prefix: "6212340000", digits: 19, name: "girocard", type: 5, row: "girocard", technology: 2, withPin: false }, 50],
  [{ prefix: "6212340000", digits: 19, name: "girocard", type: 5, row: "girocard", technology: 1, withPin: true }, 20],
  [
    { prefix: "5100000000", digits: 16, name: "MASTERCARD", type: 6, row: "eurocard", technology: 2, withPin: false },
    15,
  ],
  [{ prefix: "4000000000", digits: 16, name: "VISA", type: 10, row: "visa", technology: 1, withPin: true }, 12],
  [{ prefix: "3700000000", digits: 15, name: "AMEX", type: 8, row: "amex", technology: 0, withPin: false }, 3],
];

export function inventZvtCard(random: () => number): ZvtCard {
  const { prefix, digits, ...rest } = drawWeighted(MAKES, random());
  const middle = Array.from({ length: digits - prefix.length - 1 }, () => Math.floor(random() * 10)).join("");
  return { ...rest, pan: withCheckDigit(prefix + middle) };
}

/** An invented account with right check digits, as a debit advice prints it. */
export const INVENTED_IBAN = "DE68 2105 0170 0012 3456 78";
