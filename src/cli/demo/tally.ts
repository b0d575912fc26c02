import { assertNever } from "../../domain/assert-never.ts";
import type { Managed, Settled, Shown } from "../../sim/terminal/shown.ts";
import type { Sold } from "../../sim/till/sell.ts";

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

/** What the tills showed in one act, of terminals that tillgate drives. */
export interface TillTally {
  approved: number;
  declined: number;
  /** The customer or the cashier called it back, or the terminal failed. */
  failed: number;
  inDoubt: number;
  /** Not begun: the terminal could not be had. */
  refused: number;
  /** Not begun: it could have been a second charge. */
  secondRefused: number;
  /** Requests that were sent again with the same key. */
  repeated: number;
  /** Answers that it still runs. */
  polled: number;
  calledBack: number;
}

export function emptyTillTally(): TillTally {
  return {
    approved: 0,
    declined: 0,
    failed: 0,
    inDoubt: 0,
    refused: 0,
    secondRefused: 0,
    repeated: 0,
    polled: 0,
    calledBack: 0,
  };
}

const COULD_BE_SECOND = new Set(["probableDuplicate", "orderInDoubt"]);

export function countSold(tally: TillTally, { end, problem = "", repeats, polls, isCalledBack }: Sold): void {
  tally.repeated += repeats;
  tally.polled += polls;
  if (isCalledBack) tally.calledBack += 1;
  switch (end) {
    case "approved":
    case "approvedPartly":
      tally.approved += 1;
      break;
    case "declined":
      tally.declined += 1;
      break;
    case "failed":
    case "reversed":
      tally.failed += 1;
      break;
    case "refused":
      if (COULD_BE_SECOND.has(problem)) tally.secondRefused += 1;
      else tally.refused += 1;
      break;
    case "inDoubt":
    case "reversing":
    case "reversalAbandoned":
    case "notTold":
      tally.inDoubt += 1;
      break;
    default:
      assertNever(end);
  }
}

/** The middle one; `undefined` of none. */
export function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
