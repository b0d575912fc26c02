import type { Managed, Settled, Shown } from "../../sim/terminal/shown.ts";

/** What the terminals' screens said in one act. */
export interface Tally {
  approved: number;
  declined: number;
  /** No connection: refused before anything was sent. */
  refused: number;
  /** ms that the cashier waited for each refusal. */
  readonly refusedAfterMs: number[];
  /** Sent, and no answer came: in doubt. */
  unanswered: number;
}

export function emptyTally(): Tally {
  return { approved: 0, declined: 0, refused: 0, refusedAfterMs: [], unanswered: 0 };
}

/** Counts transactions; sign-ins and settlements are not what the shop lives on. */
export function count(tally: Tally, shown: Shown | Settled | Managed, waitedMs: number): void {
  if (!("entry" in shown) && shown.shown !== "noConnection") return;
  switch (shown.shown) {
    case "approved":
      tally.approved += 1;
      break;
    case "declined":
      tally.declined += 1;
      break;
    case "noConnection":
      tally.refused += 1;
      tally.refusedAfterMs.push(waitedMs);
      break;
    case "noAnswer":
    case "badAnswer":
      tally.unanswered += 1;
      break;
    default:
      break;
  }
}

/** The middle one; `undefined` of none. */
export function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
