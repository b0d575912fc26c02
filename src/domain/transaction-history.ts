import type { MinorUnits } from "./money.ts";
import type { TerminalId } from "./terminal.ts";
import {
  type Outcome,
  OUTCOMES,
  type Transaction,
  TRANSACTION_EVENTS,
  TRANSACTION_KINDS,
  type TransactionRecord,
} from "./transaction.ts";

/**
 * The transaction that a record tells of; `undefined` for a record of another kind, or with a body we do not know.
 *
 * @param envelope  As it came from the ledger, parsed but not trusted.
 */
export function transactionRecordOf(envelope: {
  readonly kind?: unknown;
  readonly body?: unknown;
}): TransactionRecord | undefined {
  return envelope.kind === "transaction" && isTransactionRecord(envelope.body) ? envelope.body : undefined;
}

/** Looks at what decides how a record is read. The rest was written by this program and is covered by its hash. */
function isTransactionRecord(body: unknown): body is TransactionRecord {
  if (!isObject(body) || !TRANSACTION_EVENTS.some((known) => known === body["event"])) return false;
  const transaction = body["transaction"];
  if (!isObject(transaction)) return false;
  return (
    ["id", "terminal", "stan", "requestedAt"].every((name) => typeof transaction[name] === "string") &&
    ["undefined", "string"].includes(typeof transaction["acquirer"]) &&
    TRANSACTION_KINDS.some((known) => known === transaction["kind"]) &&
    OUTCOMES.some((known) => known === transaction["outcome"])
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** What somebody looks for. A member that is absent does not restrict. */
export interface TransactionFilter {
  readonly terminal?: TerminalId;
  readonly outcome?: Outcome;
  /** DE39, upper case. */
  readonly code?: string;
  readonly last4?: string;
  readonly amount?: MinorUnits;
  /** First `requestedAt` that still fits; RFC 3339 in UTC with milliseconds, so that times compare as text. */
  readonly from?: string;
  /** First one that no longer fits. */
  readonly to?: string;
}

/**
 * The filter looks at a transaction's newest state: an older one of a sale would find it in doubt.
 *
 * @param requestedAt  As it is known now, where a wrong clock was re-dated.
 */
export function fits(
  transaction: Transaction,
  filter: TransactionFilter,
  requestedAt = transaction.requestedAt,
): boolean {
  return (
    same(filter.terminal, transaction.terminal) &&
    same(filter.outcome, transaction.outcome) &&
    same(filter.code, transaction.responseCode) &&
    same(filter.last4, transaction.card?.last4) &&
    same(filter.amount, transaction.amount) &&
    (filter.from === undefined || requestedAt >= filter.from) &&
    (filter.to === undefined || requestedAt < filter.to)
  );
}

function same<T>(wanted: T | undefined, found: T | undefined): boolean {
  return wanted === undefined || wanted === found;
}
