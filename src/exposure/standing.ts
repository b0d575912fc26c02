import { assertNever } from "../domain/assert-never.ts";
import { type Measure, NO_CURRENCY, type Side } from "../domain/exposure.ts";
import type { Outcome, Transaction, TransactionKind } from "../domain/transaction.ts";

/** Measures in which transactions stand; `unbalanced` is of batches. */
export type TransactionMeasure = Exclude<Measure, "unbalanced">;

/** Money as it counts: one currency, one way. */
export interface Money {
  /** As in {@link ExposureSum}. */
  readonly currency: string;
  readonly side: Side;
  readonly amount: number;
}

/** Which way each kind moves money when it is done. Kinds that we do not know are taken for sales, the commonest. */
const SIDE_OF: Readonly<Record<TransactionKind, Side>> = {
  sale: "debit",
  saleVoid: "credit",
  refund: "credit",
  preAuth: "hold",
  preAuthAddOn: "hold",
  preAuthVoid: "hold",
  completion: "debit",
  completionAdvice: "debit",
  completionVoid: "credit",
  offlineSale: "debit",
  adjustment: "debit",
  balance: "debit",
  other: "debit",
};

/** Sold before the host was asked; the terminal repeats it until it is answered (reference iso8583.md, 1.10). */
const TOLD_AFTERWARDS: ReadonlySet<TransactionKind> = new Set(["completionAdvice", "offlineSale", "adjustment"]);

/** What a batch's totals consist of, beside voids. A hold moves no money, an adjustment changes what is counted already. */
const IN_TOTALS: ReadonlySet<TransactionKind> = new Set([
  "sale",
  "completion",
  "completionAdvice",
  "offlineSale",
  "refund",
]);

const VOIDS: ReadonlySet<TransactionKind> = new Set(["saleVoid", "completionVoid"]);

const MOVED: ReadonlySet<Outcome> = new Set([
  "approved",
  "approvedPartly",
  "inDoubt",
  "reversing",
  "reversalAbandoned",
]);

export function isToldAfterwards({ kind }: Transaction): boolean {
  return TOLD_AFTERWARDS.has(kind);
}

/** An approved void takes its original out of the batch. */
export function isDoneVoid({ kind, outcome }: Transaction): boolean {
  return VOIDS.has(kind) && outcome === "approved";
}

export function isVoid({ kind }: Transaction): boolean {
  return VOIDS.has(kind);
}

/** In which measure a transaction stands by its newest state; a done void in `unsettled` until its original is found. */
export function measureOf(transaction: Transaction): TransactionMeasure | undefined {
  const { kind, outcome } = transaction;
  // A balance enquiry moves no money, whatever becomes of it.
  if (kind === "balance") return undefined;
  switch (outcome) {
    case "inDoubt":
      return isToldAfterwards(transaction) ? "notUploaded" : "inDoubt";
    case "reversing":
      return "inDoubt";
    case "reversalAbandoned":
      return "reversalAbandoned";
    case "approved":
    case "approvedPartly":
      return IN_TOTALS.has(kind) || VOIDS.has(kind) ? "unsettled" : undefined;
    case "failed":
      // Nobody judged it: the goods are gone, and the terminal will tell the host again.
      return isToldAfterwards(transaction) ? "notUploaded" : undefined;
    case "declined":
    case "refused":
    case "reversed":
      return undefined;
    default:
      return assertNever(outcome);
  }
}

/** Key under which an amount counts: see {@link ExposureSum}. */
export function currencyKey({ currency, currencyNumber = "" }: Named): string {
  return currency ?? (/^[0-9]{3}$/.test(currencyNumber) ? currencyNumber : NO_CURRENCY);
}

interface Named {
  readonly currency?: string;
  readonly currencyNumber?: string;
}

export function moneyOf(transaction: Transaction): Money {
  const { kind, amount, approvedAmount } = transaction;
  return {
    currency: currencyKey(transaction),
    side: SIDE_OF[kind],
    amount: approvedAmount ?? amount ?? 0,
  };
}

/** What of it has moved, or may have: nothing when it was declined, refused, failed or reversed. */
export function movedMoneyOf(transaction: Transaction): Money {
  const money = moneyOf(transaction);
  return MOVED.has(transaction.outcome) ? money : { ...money, amount: 0 };
}
