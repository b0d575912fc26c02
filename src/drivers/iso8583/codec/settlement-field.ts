import type { SettlementTotals, SettlementVerdict } from "../../../domain/settlement.ts";
import { minorUnits } from "../../../domain/money.ts";
import { nibbleAt, nibbleNumber } from "../../wire/bcd.ts";

interface BothCards<T> {
  readonly domestic: T;
  readonly foreign: T;
}

/** Digits of one block: debit amount 12, count 3, credit amount 12, count 3, flag 1 (reference iso8583.md, 1.9). */
const BLOCK_DIGITS = 31;
const FLAG_INDEX = 30;

/** The first block, with or without its flag. */
export const SHORTEST_TOTALS = 30;

const NOTHING: SettlementTotals = {
  debitAmount: minorUnits(0),
  debitCount: 0,
  creditAmount: minorUnits(0),
  creditCount: 0,
};

/**
 * DE48 of 0500 and 0510: what was taken and given back on domestic, then on foreign cards. A terminal that takes no
 * foreign cards may leave out the second block.
 *
 * @param length  Digits, at least {@link SHORTEST_TOTALS}.
 * @returns undefined when a digit is not decimal.
 */
export function settlementTotals(
  frame: Uint8Array,
  at: number,
  length: number,
): BothCards<SettlementTotals> | undefined {
  const domestic = block(frame, 2 * at);
  const foreign = hasForeign(length) ? block(frame, 2 * at + BLOCK_DIGITS) : NOTHING;
  return domestic === undefined || foreign === undefined ? undefined : { domestic, foreign };
}

function hasForeign(length: number): boolean {
  return length >= BLOCK_DIGITS + SHORTEST_TOTALS;
}

function block(frame: Uint8Array, first: number): SettlementTotals | undefined {
  const debitAmount = nibbleNumber(frame, first, 12);
  const debitCount = nibbleNumber(frame, first + 12, 3);
  const creditAmount = nibbleNumber(frame, first + 15, 12);
  const creditCount = nibbleNumber(frame, first + 27, 3);
  if (debitAmount < 0 || debitCount < 0 || creditAmount < 0 || creditCount < 0) return undefined;
  return { debitAmount: minorUnits(debitAmount), debitCount, creditAmount: minorUnits(creditAmount), creditCount };
}

/** The host's flags in DE48 of 0510; a missing flag is an error. A block that is not there has nothing to disagree about. */
export function settlementVerdict(frame: Uint8Array, at: number, length: number): BothCards<SettlementVerdict> {
  return {
    domestic: verdict(frame, at, length, FLAG_INDEX),
    foreign: hasForeign(length) ? verdict(frame, at, length, BLOCK_DIGITS + FLAG_INDEX) : "balanced",
  };
}

function verdict(frame: Uint8Array, at: number, length: number, flagIndex: number): SettlementVerdict {
  const flag = flagIndex < length ? nibbleAt(frame, 2 * at + flagIndex) : 0;
  return flag === 1 ? "balanced" : flag === 2 ? "notBalanced" : "error";
}
