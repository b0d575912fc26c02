import { type LastTransaction, PAYMENT_KINDS, TRANSACTION_KIND_OF } from "../../domain/payment.ts";
import type { Transaction } from "../../domain/transaction.ts";
import { judge, type Verdict } from "./judge.ts";
import { type Numbers, stepOf } from "./numbering.ts";

/** What is known now of one doubt. */
export interface Judged {
  readonly doubt: Transaction;
  readonly verdict: Verdict;
}

/**
 * What the terminal remembers can be about one of its doubts only: the newest, and not where another is just like it; and
 * not where it is a transaction that is known already. That it remembers nothing newer than before is about every one that
 * it was so for.
 *
 * @param known  The terminal's newest numbers, before this was told.
 */
export function verdictOn(
  doubt: Transaction,
  all: readonly Transaction[],
  last: LastTransaction | undefined,
  known: Numbers | undefined,
): Verdict {
  const kind = PAYMENT_KINDS.find((one) => TRANSACTION_KIND_OF[one] === doubt.kind);
  if (kind === undefined) return { verdict: "unknown", why: "no till could have ordered it" };
  const verdict = judge({ kind, ...(doubt.amount === undefined ? {} : { amount: doubt.amount }) }, doubt.after, last);
  if (verdict.verdict === "unknown" || (verdict.verdict === "notCharged" && !verdict.isRemembered)) return verdict;
  if (last !== undefined && !isNews(doubt, last, known)) {
    return { verdict: "unknown", why: "the terminal's newest transaction was known before: it is another one" };
  }
  const isAlike = (one: Transaction): boolean => one.kind === doubt.kind && one.amount === doubt.amount;
  return all.at(-1) === doubt && all.filter(isAlike).length === 1
    ? verdict
    : { verdict: "unknown", why: "another order at this terminal is in doubt, and it could be that one" };
}

/** Whether it can be the doubted order: newer than all that is known of the terminal, or known as this very order. */
function isNews(doubt: Transaction, { transaction }: LastTransaction, known: Numbers | undefined): boolean {
  if (known === undefined || stepOf(doubt, transaction) === "same") return true;
  const step = stepOf(known, transaction);
  return step === "next" || step === "newer";
}
