import { minorUnits } from "../../../domain/money.ts";
import { nibbleNumber, nibbleText } from "../../wire/bcd.ts";
import { LONGEST_CARD, luhnOk, maskCard, SHORTEST_CARD } from "../../wire/card.ts";
import type { BatchDetail } from "./observation.ts";

/** DE48 of a 0320 end message: nothing but the number of details that were sent. */
export const END_COUNT_DIGITS = 4;

/** A detail: kind 2, STAN 6, card number 20, amount 12 (reference iso8583.md, 1.3 and 1.9). Eight at most in a message. */
const COUNT_DIGITS = 2;
const STAN_AT = 2;
const CARD_AT = 8;
const CARD_DIGITS = 20;
const AMOUNT_AT = 28;
const DETAIL_DIGITS = 40;

/**
 * DE48 of a 0320 batch upload. The count in front is not believed: as many details as are wholly there are read.
 *
 * @returns undefined when trace number or amount of one is not decimal.
 */
export function batchDetails(frame: Uint8Array, at: number, length: number): readonly BatchDetail[] | undefined {
  const details: BatchDetail[] = [];
  for (let read = COUNT_DIGITS; read + DETAIL_DIGITS <= length; read += DETAIL_DIGITS) {
    const first = 2 * at + read;
    const amount = nibbleNumber(frame, first + AMOUNT_AT, 12);
    if (amount < 0 || nibbleNumber(frame, first + STAN_AT, 6) < 0) return undefined;
    const stan = nibbleText(frame, first + STAN_AT, 6);
    const card = cardNumber(nibbleText(frame, first + CARD_AT, CARD_DIGITS));
    const detail = { stan, amount: minorUnits(amount) };
    details.push(card === "" ? detail : { ...detail, card: maskCard(card) });
  }
  return details;
}

/**
 * Takes the filler off a card number in twenty digits: F or zeros, on either side, terminals differ.
 *
 * Zeros on the right can belong to the number: the usual lengths are tried first, and the Luhn digit decides.
 */
function cardNumber(twenty: string): string {
  const bare = twenty.replace(/^F*0*/, "").replace(/F+$/, "");
  if (!/^\d+$/.test(bare)) return "";
  const shortest = Math.max(bare.replace(/0+$/, "").length, SHORTEST_CARD);
  const lengths = [16, 19, 15, 18, 17, 14, 13].filter((length) => length >= shortest && length <= bare.length);
  const fits = lengths.find((length) => luhnOk(bare.slice(0, length))) ?? lengths[0];
  return fits === undefined ? bare.slice(0, LONGEST_CARD) : bare.slice(0, fits);
}
