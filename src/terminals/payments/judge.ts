import { assertNever } from "../../domain/assert-never.ts";
import type { MinorUnits } from "../../domain/money.ts";
import type { LastTransaction, PaymentKind } from "../../domain/payment.ts";
import type { Outcome } from "../../domain/transaction.ts";
import { type Numbers, type Step, stepOf } from "./numbering.ts";

/** What is asked about. */
export interface DoubtedOrder {
  readonly kind: PaymentKind;
  readonly amount?: MinorUnits;
}

export type Verdict =
  | { readonly verdict: "charged"; readonly outcome: "approved" | "approvedPartly"; readonly why: string }
  | {
      readonly verdict: "notCharged";
      readonly outcome: Outcome;
      /** Whether it is this order that the terminal remembers; else it remembers what was before. */
      readonly isRemembered: boolean;
      readonly why: string;
    }
  | { readonly verdict: "unknown"; readonly why: string };

/**
 * What a terminal's newest transaction proves about an order whose end was not seen (reference zvt.md, "Cautions for money").
 * It is evidence only when its receipt or trace number is newer than the newest that was known before the order began, and
 * kind and amount agree. An equal amount alone proves nothing. The same number as before proves that the order left nothing
 * there, provided that the terminal is at rest: whoever asks has made sure of that.
 *
 * @param after  The newest that was known when the order began.
 * @param last  `undefined` when the terminal says that it remembers none: its memory may have been emptied since.
 */
export function judge(order: DoubtedOrder, after: Numbers | undefined, last: LastTransaction | undefined): Verdict {
  if (last === undefined) return unknown("the terminal remembers no transaction");
  if (after === undefined || (after.receiptNumber === undefined && after.stan === undefined)) {
    return unknown("no number of this terminal was known before the order");
  }
  const step = stepOf(after, last.transaction);
  switch (step) {
    case "unknown":
      return unknown("the terminal's numbers tell no order of events");
    case "same":
      return {
        verdict: "notCharged",
        outcome: "failed",
        isRemembered: false,
        why: "the terminal's newest transaction is the one from before the order",
      };
    case "next":
    case "newer":
      return agrees(order, last, step)
        ? told(order, last)
        : unknown("the terminal's newest transaction is another one");
    default:
      return assertNever(step);
  }
}

/** A terminal that does not say of which kind its transaction was is believed only about the very next one. */
function agrees({ kind, amount }: DoubtedOrder, last: LastTransaction, step: Step): boolean {
  if (last.kind === undefined ? step !== "next" : last.kind !== kind) return false;
  // Without an amount the whole of the original was meant: which that was the number must show.
  return amount === undefined ? step === "next" && last.kind !== undefined : last.transaction.amount === amount;
}

function told(order: DoubtedOrder, { outcome, transaction }: LastTransaction): Verdict {
  switch (outcome) {
    case "approved": {
      const { approvedAmount } = transaction;
      const isPart = approvedAmount !== undefined && order.amount !== undefined && approvedAmount < order.amount;
      return {
        verdict: "charged",
        outcome: isPart ? "approvedPartly" : "approved",
        why: "the terminal's newest transaction is this one, and it was approved",
      };
    }
    case "declined":
    case "failed":
    case "reversed":
      return {
        verdict: "notCharged",
        outcome,
        isRemembered: true,
        why: `the terminal's newest transaction is this one, and it was ${outcome}`,
      };
    default:
      return assertNever(outcome);
  }
}

function unknown(why: string): Verdict {
  return { verdict: "unknown", why };
}
