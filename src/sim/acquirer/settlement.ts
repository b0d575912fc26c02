import type { SettlementTotals, SettlementVerdict } from "../../domain/settlement.ts";
import { minorUnits } from "../../domain/money.ts";
import { type Sides, USUAL_SIDES } from "../settlement-sides.ts";
import type { BookEntry } from "./books.ts";
import type { HostRequest } from "./request.ts";

/** Domestic cards first, then foreign ones, as in DE48 (reference 1.9). */
export interface BatchTotals {
  readonly domestic: SettlementTotals;
  readonly foreign: SettlementTotals;
}

/** One line of a batch upload. */
export interface UploadedDetail {
  readonly stan: string;
  readonly amount: number;
  readonly last4: string;
}

/** What a terminal uploaded of one batch. */
export interface BatchUpload {
  readonly de41: string;
  readonly batch: string;
  readonly details: readonly UploadedDetail[];
  /** DE60.3 of the end message: 207 balanced, 202 not balanced. */
  readonly endedWith?: string;
  /** DE48 of the end message: how many the terminal says it uploaded. */
  readonly claimed?: number;
}

/** Digits of DE48 that one half takes: amount 12, count 3, amount 12, count 3, flag 1. */
const HALF = 31;
const FLAGS: Readonly<Record<SettlementVerdict, string>> = { balanced: "1", notBalanced: "2", error: "3" };

/** What the host's books say of a batch: everything approved and not reversed. */
export function totalsOf(entries: readonly BookEntry[], sides: Sides = USUAL_SIDES): BatchTotals {
  const counted = entries.filter((entry) => entry.state === "approved");
  return {
    domestic: half(
      counted.filter((entry) => !isForeign(entry)),
      sides,
    ),
    foreign: half(counted.filter(isForeign), sides),
  };
}

export function readTotals(de48: string): BatchTotals {
  return { domestic: readHalf(de48.slice(0, HALF)), foreign: readHalf(de48.slice(HALF, 2 * HALF)) };
}

export function compare(claimed: SettlementTotals, held: SettlementTotals): SettlementVerdict {
  const same =
    claimed.debitAmount === held.debitAmount &&
    claimed.debitCount === held.debitCount &&
    claimed.creditAmount === held.creditAmount &&
    claimed.creditCount === held.creditCount;
  return same ? "balanced" : "notBalanced";
}

/** DE48 of the 0510: the terminal's figures with the host's flags. */
export function withVerdict(
  de48: string,
  verdict: { readonly domestic: SettlementVerdict; readonly foreign: SettlementVerdict },
): string {
  const figures = de48.padEnd(2 * HALF, "0");
  return (
    figures.slice(0, HALF - 1) + FLAGS[verdict.domestic] + figures.slice(HALF, 2 * HALF - 1) + FLAGS[verdict.foreign]
  );
}

/** DE48 of a 0320: count 2, then for each kind 2, STAN 6, card number 20, amount 12 (reference 1.3). */
export function readDetails(request: HostRequest): readonly UploadedDetail[] {
  const de48 = request.message.digits(48) ?? "";
  const count = Number(de48.slice(0, 2));
  return Array.from({ length: count }, (_, i) => de48.slice(2 + i * 40, 42 + i * 40))
    .filter((line) => line.length === 40)
    .map((line) => ({
      stan: line.slice(2, 8),
      last4: line.slice(24, 28),
      amount: Number(line.slice(28)),
    }));
}

/** A card of no Chinese range settles with the foreign ones. */
function isForeign(entry: BookEntry): boolean {
  return entry.card !== undefined && !entry.card.first6.startsWith("62");
}

function half(entries: readonly BookEntry[], sides: Sides): SettlementTotals {
  const debits = entries.filter((entry) => sides.debit.includes(entry.kind));
  const credits = entries.filter((entry) => sides.credit.includes(entry.kind));
  return {
    debitAmount: minorUnits(sum(debits)),
    debitCount: debits.length,
    creditAmount: minorUnits(sum(credits)),
    creditCount: credits.length,
  };
}

function sum(entries: readonly BookEntry[]): number {
  return entries.reduce((total, entry) => total + (entry.approvedAmount ?? entry.amount), 0);
}

function readHalf(digits: string): SettlementTotals {
  return {
    debitAmount: minorUnits(Number(digits.slice(0, 12))),
    debitCount: Number(digits.slice(12, 15)),
    creditAmount: minorUnits(Number(digits.slice(15, 27))),
    creditCount: Number(digits.slice(27, 30)),
  };
}
