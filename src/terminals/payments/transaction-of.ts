import type { PaymentRequest } from "../../domain/payment-request.ts";
import type { DeviceTransaction, LastTransaction, PaymentAnswer, PaymentId } from "../../domain/payment.ts";
import type { Receipt } from "../../domain/receipt.ts";
import { TRANSACTION_KIND_OF } from "../../domain/payment.ts";
import type { TerminalId } from "../../domain/terminal.ts";
import {
  type Outcome,
  type PaymentReference,
  type Resolution,
  type Transaction,
  type TransactionEvent,
  type TransactionId,
  transactionId,
} from "../../domain/transaction.ts";
import type { Numbers } from "./numbering.ts";

export interface Ordered {
  readonly id: PaymentId;
  readonly terminal: TerminalId;
  readonly payment: PaymentReference;
  /** RFC 3339. */
  readonly requestedAt: string;
  readonly after?: Numbers | undefined;
  readonly originalTransaction?: TransactionId | undefined;
}

/** As it stands in the ledger before a byte goes to the terminal: in doubt until something better is known. */
export function requested(request: PaymentRequest, ordered: Ordered): Transaction {
  const { kind, amount, currency, cashier, original } = request;
  const { id, terminal, payment, requestedAt, after, originalTransaction } = ordered;
  return {
    id: transactionId(id),
    terminal,
    kind: TRANSACTION_KIND_OF[kind],
    outcome: "inDoubt",
    ...(amount === undefined ? {} : { amount }),
    currency,
    stan: "",
    requestedAt,
    payment,
    ...(cashier === undefined ? {} : { operator: cashier }),
    ...(original?.stan === undefined ? {} : { original: { stan: original.stan } }),
    ...(originalTransaction === undefined ? {} : { originalTransaction }),
    ...(after === undefined ? {} : { after }),
  };
}

/** Nothing was sent, for this reason. */
export function refused(transaction: Transaction, reason: string): Transaction {
  return { ...transaction, outcome: "refused", reason };
}

/** What the terminal answered. */
export function answered(
  transaction: Transaction,
  { outcome, reason, transaction: told }: PaymentAnswer,
  answeredAt: string,
): Transaction {
  const { reason: _before, ...rest } = transaction;
  return {
    ...rest,
    ...toldBy(told, transaction),
    outcome,
    ...(reason === undefined ? {} : { reason }),
    ...(outcome === "inDoubt" ? {} : { answeredAt }),
  };
}

export function eventOf({ outcome, notSent }: PaymentAnswer): TransactionEvent {
  if (outcome === "inDoubt") return "unanswered";
  return notSent === true ? "notSent" : "answered";
}

/** The daemon ended before it saw what became of it. */
export function leftOver(transaction: Transaction): Transaction {
  return { ...transaction, reason: "daemonRestarted" };
}

/** Doubt ended. @param last  What the terminal remembers, where that is this transaction. */
export function resolved(
  transaction: Transaction,
  outcome: Outcome,
  resolution: Resolution,
  last?: LastTransaction,
): Transaction {
  const { reason: _doubt, ...rest } = transaction;
  return {
    ...rest,
    ...(last === undefined ? {} : toldBy(last.transaction, transaction)),
    outcome,
    resolution,
  };
}

/** Characters of receipts that are kept: with all else a record stays below its 63 KiB. */
const MAX_RECEIPT_CHARACTERS = 12_000;

/** What was asked for stays as it was asked for. */
function toldBy(told: DeviceTransaction, { amount, currency, stan }: Transaction): Partial<Transaction> {
  const { amount: toldAmount, currency: toldCurrency, stan: toldStan, receipts, ...rest } = told;
  const kept = receipts === undefined ? undefined : withinBounds(receipts);
  return {
    ...rest,
    ...(amount === undefined && toldAmount !== undefined ? { amount: toldAmount } : {}),
    ...(currency === undefined && toldCurrency !== undefined ? { currency: toldCurrency } : {}),
    stan: toldStan ?? stan,
    ...(kept === undefined ? {} : { receipts: kept }),
  };
}

/** Lines that do not fit are left out. */
function withinBounds(receipts: readonly Receipt[]): readonly Receipt[] {
  let left = MAX_RECEIPT_CHARACTERS;
  return receipts.map(({ type, lines }) => ({
    type,
    lines: lines.filter((line) => {
      left -= line.length + 1;
      return left >= 0;
    }),
  }));
}
