import type { TransactionKind } from "../domain/transaction.ts";

/** Which kinds count as debit and which as credit in settlement totals. Acquirers differ (reference, notes on observing). */
export interface Sides {
  readonly debit: readonly TransactionKind[];
  readonly credit: readonly TransactionKind[];
}

/** A voided sale stays a debit; its void stands against it as a credit. */
export const USUAL_SIDES: Sides = {
  debit: ["sale", "completion", "completionAdvice", "offlineSale"],
  credit: ["saleVoid", "completionVoid", "refund"],
};
