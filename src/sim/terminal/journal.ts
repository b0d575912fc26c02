import type { SettlementTotals } from "../../domain/settlement.ts";
import { minorUnits } from "../../domain/money.ts";
import type { TransactionKind } from "../../domain/transaction.ts";
import type { Sides } from "../settlement-sides.ts";

/**
 * A transaction as its terminal saw it. `pending`: sent, and neither answered nor reversed so far; `notSent`: no
 * connection, nothing left the terminal; `reversalGivenUp`: the terminal has stopped asking for its reversal.
 */
export interface JournalEntry {
  readonly stan: string;
  readonly batch: string;
  readonly kind: TransactionKind;
  /** Asked for, smallest unit of the currency. */
  readonly amount: number;
  readonly card: { readonly first6: string; readonly last4: string; readonly length: number };
  readonly isForeign: boolean;
  result: "pending" | "notSent" | "approved" | "declined" | "reversed" | "reversalGivenUp";
  /** DE39. */
  code?: string;
  /** With code 10. */
  approvedAmount?: number;
  rrn?: string;
  authCode?: string;
  /** DE13 of the answer, MMDD. */
  date?: string;
  /** How often the request was written to a connection: above 1 for repeated advices only. */
  timesSent: number;
  reversalsSent: number;
}

/** Sums for the 0500: what was approved and stands. */
export function journalTotals(entries: readonly JournalEntry[], sides: Sides): SettlementTotals {
  const counted = entries.filter((entry) => entry.result === "approved");
  const debits = counted.filter((entry) => sides.debit.includes(entry.kind));
  const credits = counted.filter((entry) => sides.credit.includes(entry.kind));
  return {
    debitAmount: minorUnits(sum(debits)),
    debitCount: debits.length,
    creditAmount: minorUnits(sum(credits)),
    creditCount: credits.length,
  };
}

function sum(entries: readonly JournalEntry[]): number {
  return entries.reduce((total, entry) => total + (entry.approvedAmount ?? entry.amount), 0);
}
