import { isApprovedWithFlag, verdictOf } from "../../../domain/response-code.ts";
import type { Currency } from "../../../domain/money.ts";
import type { AcquirerId, TerminalId } from "../../../domain/terminal.ts";
import type { Transaction, TransactionId, TransactionKind, TransactionRecord } from "../../../domain/transaction.ts";
import type { Observation } from "../codec/observation.ts";
import type { Asked } from "./outstanding.ts";

/** An object with such members left out as are `undefined`: snapshots are stored as JSON. */
type Loose<T> = { [K in keyof T]?: T[K] | undefined };

function compact<T extends object>(value: Loose<T>): Partial<T> {
  const kept: Partial<T> = {};
  for (const key in value) if (value[key] !== undefined) kept[key] = value[key];
  return kept;
}

export interface NewTransaction {
  readonly id: TransactionId;
  readonly terminal: TerminalId;
  readonly acquirer: AcquirerId;
  readonly kind: TransactionKind;
  readonly request: Observation;
  readonly defaultCurrency: Currency;
  readonly original: TransactionId | undefined;
  /** RFC 3339. */
  readonly at: string;
}

/** A transaction whose request is about to leave: in doubt until something better is known. */
export function requested(from: NewTransaction): Transaction {
  const { request } = from;
  return {
    id: from.id,
    terminal: from.terminal,
    acquirer: from.acquirer,
    kind: from.kind,
    outcome: "inDoubt",
    stan: request.stan ?? "",
    requestedAt: from.at,
    ...compact<Transaction>({
      amount: request.amount,
      ...(request.amount === undefined ? {} : currencyOf(request, from.defaultCurrency)),
      card: request.card,
      entryMode: request.entryMode,
      batch: request.batch,
      rrn: undefined,
      authCode: request.authCode,
      de41: request.de41,
      de42: request.de42,
      original: request.original,
      originalTransaction: from.original,
    }),
  };
}

/** Only a message that names none is in the shop's currency: one that our table does not know is not. */
export function currencyOf(
  { currency, currencyNumber }: Observation,
  defaultCurrency: Currency,
): { readonly currency: Currency } | { readonly currencyNumber: string } {
  if (currency !== undefined) return { currency };
  return currencyNumber === undefined ? { currency: defaultCurrency } : { currencyNumber };
}

/** How its request left, merged in at the first record after the sending. */
export function withSending(before: Transaction, { endpoint, forwardedBeforeDurable }: Asked): Transaction {
  return {
    ...before,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(forwardedBeforeDurable === undefined ? {} : { forwardedBeforeDurable }),
  };
}

export interface Answer {
  readonly answer: Observation;
  /** Written to the connection that asked, while that was open. */
  readonly delivered: boolean;
  /** RFC 3339. */
  readonly at: string;
  /** Absent when it is not known which sending it answers. */
  readonly hostMs?: number;
}

/** What an answer makes of a transaction. Only a delivered one ends doubt (contracts.md, "Outcomes of a transaction"). */
export function answered(before: Transaction, { answer, delivered, at, hostMs }: Answer): TransactionRecord {
  const code = answer.responseCode;
  const verdict = code === undefined ? undefined : verdictOf(code);
  const approvedByHost = verdict === "approved" || verdict === "approvedPartly";
  const known: Partial<Transaction> = compact<Transaction>({
    answeredAt: at,
    hostMs: hostMs === undefined ? undefined : Math.round(hostMs),
    responseCode: code,
    rrn: answer.rrn,
    authCode: answer.authCode,
    hostText: answer.hostText,
    terminalDate: answer.date,
    terminalTime: answer.time,
    settlementDate: answer.settlementDate,
    approvalFlag: code !== undefined && isApprovedWithFlag(code) ? code : undefined,
    approvedAmount: verdict === "approvedPartly" ? answer.amount : undefined,
  });
  if (delivered && before.outcome === "inDoubt" && verdict !== undefined) {
    const { reason: _ended, ...rest } = before;
    return { event: "answered", transaction: { ...rest, ...known, outcome: verdict } };
  }
  const reason = verdict === undefined ? "answerUnreadable" : "answerNotDelivered";
  return {
    event: "answeredLate",
    transaction: { ...before, ...known, reason, ...(approvedByHost ? { hostApproved: true as const } : {}) },
  };
}

/**
 * The connection, or the daemon, ended without an answer. Doubt stays, unless nothing had left at all or the question
 * moves no money.
 */
export function unanswered(before: Transaction, sent: boolean, reason: string): TransactionRecord {
  const harmless = !sent || before.kind === "balance";
  return {
    event: sent ? "unanswered" : "notSent",
    transaction: {
      ...before,
      reason,
      outcome: harmless && before.outcome === "inDoubt" ? "failed" : before.outcome,
    },
  };
}
