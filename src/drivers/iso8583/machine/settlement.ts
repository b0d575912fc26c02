import { minorUnits } from "../../../domain/money.ts";
import type { SettlementTotals } from "../../../domain/settlement.ts";
import type { TransactionKind } from "../../../domain/transaction.ts";
import type { Observation } from "../codec/observation.ts";
import type { BatchSums } from "./book.ts";

/** Which kinds count as debit and which as credit in the totals of DE48: acquirers differ (reference iso8583.md, notes). */
export interface SettlementKinds {
  readonly debit: readonly TransactionKind[];
  readonly credit: readonly TransactionKind[];
}

/** The sums of DE48 as this ledger has them. */
export function ledgerTotals(sums: BatchSums, kinds: SettlementKinds): SettlementTotals {
  const debit = addUp(sums, kinds.debit);
  const credit = addUp(sums, kinds.credit);
  return {
    debitAmount: minorUnits(debit.amount),
    debitCount: debit.count,
    creditAmount: minorUnits(credit.amount),
    creditCount: credit.count,
  };
}

/** The terminal splits its claim into domestic and foreign cards; our sums know no such split. */
export function agrees(claim: NonNullable<Observation["totals"]>, ours: SettlementTotals): boolean {
  const { domestic, foreign } = claim;
  return (
    domestic.debitAmount + foreign.debitAmount === ours.debitAmount &&
    domestic.debitCount + foreign.debitCount === ours.debitCount &&
    domestic.creditAmount + foreign.creditAmount === ours.creditAmount &&
    domestic.creditCount + foreign.creditCount === ours.creditCount
  );
}

function addUp(sums: BatchSums, kinds: readonly TransactionKind[]): { count: number; amount: number } {
  let count = 0;
  let amount = 0;
  for (const kind of kinds) {
    const sum = sums.get(kind);
    count += sum?.count ?? 0;
    amount += sum?.amount ?? 0;
  }
  return { count, amount };
}
