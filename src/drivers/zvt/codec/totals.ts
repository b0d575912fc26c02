import { type MinorUnits, minorUnits } from "../../../domain/money.ts";
import { fourDigits, nibbleNumber } from "../../wire/bcd.ts";
import { byteAt } from "../../wire/bytes.ts";
import { bcd, joined } from "./writing.ts";

/** Kinds of card in the order of BMP 60 (PA00P015, End-of-Day). */
export const TOTALS_CARDS = ["girocard", "jcb", "eurocard", "amex", "visa", "diners", "other"] as const;

/** BMP 60: what the terminal counted in its batch. */
export interface Totals {
  readonly firstReceipt: string;
  readonly lastReceipt: string;
  readonly cards: readonly { readonly card: string; readonly count: number; readonly amount: MinorUnits }[];
}

const RECEIPTS_BYTES = 4;
const ROW_BYTES = 7;
const TOTALS_BYTES = RECEIPTS_BYTES + TOTALS_CARDS.length * ROW_BYTES;

/** @returns undefined when it is shorter, or an amount has other digits than decimal ones. Counts are binary. */
export function readTotals(bytes: Uint8Array, start: number, end: number): Totals | undefined {
  if (end - start < TOTALS_BYTES) return undefined;
  const cards = [];
  for (const [row, card] of TOTALS_CARDS.entries()) {
    const at = start + RECEIPTS_BYTES + row * ROW_BYTES;
    const amount = nibbleNumber(bytes, 2 * (at + 1), 12);
    if (amount < 0) return undefined;
    cards.push({ card, count: byteAt(bytes, at), amount: minorUnits(amount) });
  }
  return { firstReceipt: fourDigits(bytes, start), lastReceipt: fourDigits(bytes, start + 2), cards };
}

/** The value of BMP 60. Rows that are not named are zero. @throws RangeError for counts above 255. */
export function encodeTotals(totals: Totals): Uint8Array {
  const rows = TOTALS_CARDS.map((card) => {
    const row = totals.cards.find((each) => each.card === card);
    const count = row?.count ?? 0;
    if (count > 0xff) throw new RangeError(`a count of ${count}`);
    return joined(Uint8Array.of(count), bcd(row?.amount ?? 0, 6));
  });
  return joined(bcd(totals.firstReceipt, 2), bcd(totals.lastReceipt, 2), ...rows);
}
