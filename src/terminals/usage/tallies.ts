import type { TerminalCounts } from "../../domain/terminal.ts";
import type { Outcome } from "../../domain/transaction.ts";

/** How transactions ended, of one terminal or of one operator. */
export interface Tally {
  readonly transactions: number;
  readonly approved: number;
  readonly declined: number;
  readonly failed: number;
  readonly inDoubt: number;
  readonly reversed: number;
  /** Of those whose end was seen. */
  readonly timed: number;
  readonly timedMs: number;
}

export type Bucket = "approved" | "declined" | "failed" | "inDoubt" | "reversed";

export const NO_TALLY: Tally = {
  transactions: 0,
  approved: 0,
  declined: 0,
  failed: 0,
  inDoubt: 0,
  reversed: 0,
  timed: 0,
  timedMs: 0,
};

/** `undefined` for what never reached a terminal. */
const BUCKET_OF: Readonly<Record<Outcome, Bucket | undefined>> = {
  approved: "approved",
  approvedPartly: "approved",
  declined: "declined",
  failed: "failed",
  refused: undefined,
  inDoubt: "inDoubt",
  reversing: "inDoubt",
  reversed: "reversed",
  reversalAbandoned: "inDoubt",
};

export function bucketOf(outcome: Outcome): Bucket | undefined {
  return BUCKET_OF[outcome];
}

/** @param from  Where it was counted before; absent for one that is new. */
export function moved(tally: Tally, from: Bucket | undefined, to: Bucket): Tally {
  if (from === undefined) return { ...tally, transactions: tally.transactions + 1, [to]: tally[to] + 1 };
  if (from === to) return tally;
  return { ...tally, [from]: Math.max(tally[from] - 1, 0), [to]: tally[to] + 1 };
}

export function timed(tally: Tally, ms: number): Tally {
  return { ...tally, timed: tally.timed + 1, timedMs: tally.timedMs + ms };
}

export function added(a: Tally, b: Tally): Tally {
  return {
    transactions: a.transactions + b.transactions,
    approved: a.approved + b.approved,
    declined: a.declined + b.declined,
    failed: a.failed + b.failed,
    inDoubt: a.inDoubt + b.inDoubt,
    reversed: a.reversed + b.reversed,
    timed: a.timed + b.timed,
    timedMs: a.timedMs + b.timedMs,
  };
}

/** ms; `undefined` before the first end was seen. */
export function meanMs(tally: Tally): number | undefined {
  return tally.timed === 0 ? undefined : Math.round(tally.timedMs / tally.timed);
}

/** For people. */
export function countsOf(tally: Tally): TerminalCounts {
  const { transactions, approved, declined, failed, inDoubt, reversed } = tally;
  const mean = meanMs(tally);
  return {
    transactions,
    approved,
    declined,
    failed,
    inDoubt,
    reversed,
    ...(mean === undefined ? {} : { meanMs: mean }),
  };
}
