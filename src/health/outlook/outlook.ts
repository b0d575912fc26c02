import { assertNever } from "../../domain/assert-never.ts";
import { instantOf } from "../../domain/clock.ts";
import type { Reducer, ReducerInput } from "../../domain/reducer.ts";
import type { TransactionRecord } from "../../domain/transaction.ts";
import { transactionRecordOf } from "../../domain/transaction-history.ts";
import type { Cell } from "./cell.ts";
import { OutlookState } from "./state.ts";

/**
 * Counts payments by hour and terminal, and falls of the supply voltage; `outlookAt` reads it. Time zone and calendar are
 * no part of it: they may change, and the history stays. Without a synchronised clock nobody knows which hour it was.
 */
export const outlook: Reducer<OutlookState> = {
  name: "outlook",
  version: 1,
  kinds: new Set(["transaction", "power"]),
  begin: () => new OutlookState(),
  step,
  pack: (state) => state.pack(),
  unpack: (text) => OutlookState.unpack(text),
};

function step(state: OutlookState, input: ReducerInput): OutlookState {
  if (input.type === "tick" || input.seq <= state.upTo) return state;
  state.upTo = input.seq;
  // What is carried over from a stream that ended may come more than once.
  if (input.carried !== undefined || !input.moment.clock.synced) return state;
  const told = transactionRecordOf(input);
  if (told === undefined) {
    if (input.kind === "power" && isDip(input.body)) state.dip(input.moment.at);
    return state;
  }
  const { transaction } = told;
  const add = endOf(told);
  const begun = instantOf(transaction.requestedAt) ?? input.moment.at;
  // What began by another clock, before it was set, has its place by the record's.
  const at = begun <= input.moment.at && begun > input.moment.at - LONGEST_MS ? begun : input.moment.at;
  if (add !== undefined) state.count(at, transaction.terminal, add);
  return state;
}

/** No payment takes longer. ms. */
const LONGEST_MS = 3_600_000;

/** `undefined` for what is no end of a payment. */
function endOf({ event, transaction }: TransactionRecord): Omit<Cell, "peak"> | undefined {
  const { hostMs, outcome } = transaction;
  switch (event) {
    case "answered":
      return {
        payments: 1,
        failed: outcome === "failed" ? 1 : 0,
        answered: hostMs === undefined ? 0 : 1,
        hostMs: hostMs ?? 0,
      };
    case "unanswered":
    case "notSent":
      return { payments: 1, failed: 1, answered: 0, hostMs: 0 };
    case "requested":
    case "answeredLate":
    case "refused":
    case "reversalRequested":
    case "reversalAnswered":
    case "reversalAbandoned":
    case "confirmedByBatch":
    case "answeredAgain":
    case "resolved":
      return undefined;
    default:
      return assertNever(event);
  }
}

function isDip(body: unknown): boolean {
  return typeof body === "object" && body !== null && "event" in body && body.event === "underVoltageBegan";
}
