import type { Brand } from "./brand.ts";
import type { MaskedCard } from "./card.ts";
import type { Receipt } from "./receipt.ts";
import type { Currency, MinorUnits } from "./money.ts";
import type { AcquirerId, TerminalId } from "./terminal.ts";

export type TransactionId = Brand<string, "TransactionId">;

export const TRANSACTION_KINDS = [
  "sale",
  "saleVoid",
  "refund",
  "preAuth",
  "preAuthAddOn",
  "preAuthVoid",
  "completion",
  "completionAdvice",
  "completionVoid",
  "offlineSale",
  "adjustment",
  "balance",
  "other",
] as const;
export type TransactionKind = (typeof TRANSACTION_KINDS)[number];

/** contracts.md, "Outcomes of a transaction". */
export const OUTCOMES = [
  "approved",
  "approvedPartly",
  "declined",
  "failed",
  "refused",
  "inDoubt",
  "reversing",
  "reversed",
  "reversalAbandoned",
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Outcomes that nobody can count on yet: money that may have moved on one side only. */
export function isUnresolved(outcome: Outcome): boolean {
  return outcome === "inDoubt" || outcome === "reversing" || outcome === "reversalAbandoned";
}

/** What happened to make this record. Past tense: each one is a fact in the ledger. */
export const TRANSACTION_EVENTS = [
  /** The request is about to be passed on (write-ahead): outcome is `inDoubt` until something better is known. */
  "requested",
  /** The host's answer was written to the connection that asked, while it was open. */
  "answered",
  /** An answer came that could not be given to the terminal that asked. Doubt stays; `hostApproved` may be set. */
  "answeredLate",
  /** The connection ended, or the daemon did, without an answer. */
  "unanswered",
  /** Not one byte of the request reached the acquirer. */
  "notSent",
  /** Closed by tillgate before anything was sent, because the config enables that for this terminal. */
  "refused",
  "reversalRequested",
  "reversalAnswered",
  "reversalAbandoned",
  /** A batch upload detail (0320) listed it: the terminal holds it as done. */
  "confirmedByBatch",
  /** A second answer to a request that was already answered. */
  "answeredAgain",
  /** Doubt was ended by what the terminal remembers, or by a named person: see `resolution`. */
  "resolved",
] as const;
export type TransactionEvent = (typeof TRANSACTION_EVENTS)[number];

export interface EntryMode {
  /** DE22, three digits as on the wire. */
  readonly code: string;
  readonly method:
    | "unspecified"
    | "keyed"
    | "magstripe"
    | "chip"
    | "contactless"
    | "contactlessMagstripe"
    | "fallback"
    | "other";
  readonly pin: "entered" | "none" | "unspecified";
}

/** DE61: which earlier transaction this one refers to. */
export interface OriginalReference {
  readonly batch?: string;
  readonly stan?: string;
  /** MMDD; `0000` when the terminal does not know it. */
  readonly date?: string;
}

export interface Reversal {
  readonly attempts: number;
  /** DE39 of the 0400: 98 no reply, A0 bad MAC, 96 terminal fault, 06 other. */
  readonly reason?: string;
  /** RFC 3339. */
  readonly requestedAt: string;
  readonly answeredAt?: string;
  readonly responseCode?: string;
}

/**
 * One transaction as far as it is known. Every `transaction` record carries the whole of it after the event,
 * so the newest record of an id is all that a reader needs.
 */
export interface Transaction {
  readonly id: TransactionId;
  readonly terminal: TerminalId;
  /** Absent where the terminal talks to its acquirer by itself. */
  readonly acquirer?: AcquirerId;
  readonly kind: TransactionKind;
  readonly outcome: Outcome;
  /** The host approved, but that answer did not reach the terminal in time. */
  readonly hostApproved?: true;
  /** Approved with a flag: A2, A4, A5, A6, Y1, Y3. */
  readonly approvalFlag?: string;
  /** Amount requested. Absent where the message has none. */
  readonly amount?: MinorUnits;
  /** With `approvedPartly`: what the host approved of it. */
  readonly approvedAmount?: MinorUnits;
  readonly currency?: Currency;
  /** DE49 as on the wire, where our table has no letters for it: there is no `currency` then. */
  readonly currencyNumber?: string;
  readonly card?: MaskedCard;
  readonly entryMode?: EntryMode;
  /** DE11 as on the wire, six digits; empty while it is not known. */
  readonly stan: string;
  /** DE60.2. */
  readonly batch?: string;
  /** DE37. */
  readonly rrn?: string;
  /** DE38. */
  readonly authCode?: string;
  /** DE39 of the answer. */
  readonly responseCode?: string;
  /** Free texts of the host (DE63), card numbers removed. */
  readonly hostText?: string;
  readonly operator?: string;
  /** DE41. */
  readonly de41?: string;
  /** DE42. */
  readonly de42?: string;
  /** DE13 and DE12 as the host sent them: `MMDD` and `hhmmss` in the shop's zone. */
  readonly terminalDate?: string;
  readonly terminalTime?: string;
  /** DE15, MMDD: the business date that daily sums use. */
  readonly settlementDate?: string;
  readonly original?: OriginalReference;
  /** The transaction of ours that `original` names, when the ledger holds it. */
  readonly originalTransaction?: TransactionId;
  /** RFC 3339, our clock. */
  readonly requestedAt: string;
  readonly answeredAt?: string;
  /** From the request's last byte to the answer's last byte, monotonic. */
  readonly hostMs?: number;
  readonly reversal?: Reversal;
  /** The disk was slower than `writeAheadMaxMs`: the request went out before its record was durable. */
  readonly forwardedBeforeDurable?: true;
  /** Why it failed, was refused or is in doubt, as a stable word, e.g. `acquirerUnreachable`, `noAnswer`, `paused`. */
  readonly reason?: string;
  /** Which of the acquirer's endpoints the request was written to: never more than one. */
  readonly endpoint?: string;
  /** Present when a till ordered it from tillgate. */
  readonly payment?: PaymentReference;
  /** The newest that this ledger knew of the terminal before the order began: only what is newer can be evidence for it. */
  readonly after?: { readonly receiptNumber?: string; readonly stan?: string };
  readonly receiptNumber?: string;
  readonly cardName?: string;
  /** The terminal's own result and words for it, e.g. `6C`. */
  readonly deviceCode?: string;
  readonly deviceText?: string;
  readonly receipts?: readonly Receipt[];
  readonly resolution?: Resolution;
}

/** Whose order it is, and under which key it can be asked for again. */
export interface PaymentReference {
  readonly till: string;
  readonly orderId: string;
  /** SHA-256 of the Idempotency-Key and of the request in canonical form, each as 64 hexadecimal digits. */
  readonly keyHash: string;
  readonly requestHash: string;
  readonly cashier?: string;
  /** Why it was asked for although it could be a second charge. */
  readonly override?: { readonly reason: string; readonly who: string; readonly payments?: readonly string[] };
}

/** What ended a doubt. */
export interface Resolution {
  readonly by: "evidence" | "person";
  /** A person's name, or what the evidence was, e.g. `lastTransaction`. */
  readonly who: string;
  readonly why: string;
  /** RFC 3339. */
  readonly at: string;
}

/** Body of a `transaction` record. */
export interface TransactionRecord {
  readonly event: TransactionEvent;
  readonly transaction: Transaction;
}

export function transactionId(value: string): TransactionId {
  return value as TransactionId;
}
