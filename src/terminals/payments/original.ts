import type { PaymentRefusal, PaymentRequest } from "../../domain/payment-request.ts";
import { AT_ITS_TERMINAL, type OriginalPayment } from "../../domain/payment.ts";
import { paymentKey } from "../../domain/record-keys.ts";
import type { TerminalId } from "../../domain/terminal.ts";
import type { TransactionId } from "../../domain/transaction.ts";
import { findRecord, type FindsRecords } from "./order-history.ts";

/** Which earlier payment is meant, in the words of the terminal that made it. */
export interface Original {
  readonly original?: OriginalPayment;
  readonly transaction?: TransactionId;
  /** Only the terminal that made it can. */
  readonly terminal?: TerminalId;
}

/** Looks up a payment of this till's that the request names by its id here. */
export async function originalOf(
  ledger: FindsRecords,
  till: string,
  { kind, original: named, terminal: wanted }: PaymentRequest,
): Promise<Original | PaymentRefusal> {
  if (named === undefined) return {};
  const { payment, ...words } = named;
  if (payment === undefined) return { original: words };
  const found = await findRecord(ledger, paymentKey(payment));
  if (found === undefined || found === "freed" || found.type !== "transaction") return unknown();
  const { id, terminal, outcome, payment: reference, ...told } = found.transaction;
  if (reference?.till !== till || (outcome !== "approved" && outcome !== "approvedPartly")) return unknown();
  const isBound = AT_ITS_TERMINAL.has(kind);
  if (isBound && wanted !== undefined && wanted !== terminal) return { ...unknown(), field: "terminal", terminal };
  const { receiptNumber, stan, rrn, authCode, terminalDate } = told;
  return {
    original: {
      ...(receiptNumber === undefined ? {} : { receiptNumber }),
      ...(stan === "" ? {} : { stan }),
      ...(rrn === undefined ? {} : { rrn }),
      ...(authCode === undefined ? {} : { authCode }),
      ...(terminalDate === undefined ? {} : { date: terminalDate }),
      ...words,
    },
    transaction: id,
    ...(isBound ? { terminal } : {}),
  };
}

function unknown(): PaymentRefusal {
  return { refused: "unknownOriginal", field: "original" };
}
