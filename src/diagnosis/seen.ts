import { type Instant, instantOf } from "../domain/clock.ts";
import type { Diagnosis } from "../domain/diagnosis.ts";
import type { Transaction, TransactionEvent, TransactionRecord } from "../domain/transaction.ts";

type ReversalEvent = Extract<TransactionEvent, `reversal${string}`>;

function isReversal(event: TransactionEvent): event is ReversalEvent {
  return event === "reversalRequested" || event === "reversalAnswered" || event === "reversalAbandoned";
}

type Known = "id" | "terminal" | "kind" | "outcome" | "stan";
type Told =
  | "acquirer"
  | "hostApproved"
  | "approvalFlag"
  | "amount"
  | "batch"
  | "responseCode"
  | "operator"
  | "original"
  | "originalTransaction"
  | "hostMs"
  | "reason"
  | "terminalTime";

/** A transaction as far as diagnosis looks at it. */
export interface Seen extends Pick<Transaction, Known>, Optional {
  /** How the request itself ended: what a reversal does to it afterwards stands in `reversal`. */
  readonly event: Exclude<TransactionEvent, ReversalEvent>;
  /** When it began and when its newest event was, by the wall clock of then, ms. */
  readonly at: Instant;
  readonly endedAt: Instant;
}

type Optional = { readonly [Name in Told]?: Transaction[Name] | undefined } & {
  readonly reversal?: ReversalEvent | undefined;
  /** First six and last four digits, and how many there are: two uses of one card look alike. */
  readonly card?: string | undefined;
  readonly bin?: string | undefined;
  readonly scheme?: string | undefined;
  readonly luhnOk?: boolean | undefined;
  readonly method?: string | undefined;
  /** DE39 of the 0400. */
  readonly reversalReason?: string | undefined;
  /** A till asked for it although it could be a second charge. */
  readonly isOverridden?: boolean | undefined;
  /** A void of it was approved. */
  readonly isVoided?: boolean | undefined;
  /** What it was diagnosed as last. */
  readonly told?: Diagnosis | undefined;
};

/** @param now  When the record was written. @param before  The same transaction, as it was seen last. */
export function seenOf({ event, transaction }: TransactionRecord, now: Instant, before: Seen | undefined): Seen {
  const { card, entryMode, reversal, payment } = transaction;
  return {
    id: transaction.id,
    terminal: transaction.terminal,
    kind: transaction.kind,
    outcome: transaction.outcome,
    stan: transaction.stan,
    // Of an original that this ledger does not hold, only the reversal is known: nothing answered it.
    event: isReversal(event) ? (before?.event ?? "unanswered") : event,
    reversal: isReversal(event) ? event : undefined,
    acquirer: transaction.acquirer,
    hostApproved: transaction.hostApproved,
    approvalFlag: transaction.approvalFlag,
    amount: transaction.amount,
    batch: transaction.batch,
    responseCode: transaction.responseCode,
    operator: transaction.operator ?? payment?.cashier,
    original: transaction.original,
    originalTransaction: transaction.originalTransaction,
    hostMs: transaction.hostMs,
    reason: transaction.reason,
    terminalTime: transaction.terminalTime,
    card: card === undefined ? undefined : `${card.bin6 ?? ""}.${card.last4}.${card.length}`,
    bin: card?.bin6,
    scheme: card?.scheme,
    luhnOk: card?.luhnOk,
    method: entryMode?.method,
    reversalReason: reversal?.reason,
    isOverridden: payment?.override !== undefined,
    isVoided: before?.isVoided,
    at: before?.at ?? instantOf(transaction.requestedAt) ?? now,
    endedAt: now,
    told: before?.told,
  };
}

/** Nothing to explain: it went as it should, or is not over yet. */
export function isPlain({ event, reversal, outcome, approvalFlag, hostApproved }: Seen): boolean {
  if (event === "requested" && reversal === undefined) return true;
  if (event === "resolved" || event === "confirmedByBatch") return true;
  return (
    outcome === "approved" && approvalFlag === undefined && hostApproved === undefined && event !== "answeredAgain"
  );
}

/** An answer of the host that accepted it. */
export function isApproved({ outcome }: Seen): boolean {
  return outcome === "approved" || outcome === "approvedPartly";
}
