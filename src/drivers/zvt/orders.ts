import { assertNever } from "../../domain/assert-never.ts";
import { currencyNumber } from "../../domain/money.ts";
import type { PaymentKind, PaymentOrder } from "../../domain/payment.ts";
import {
  authorisation,
  bookTotal,
  preAuthorisation,
  preAuthorisationReversal,
  refund,
  reversal,
} from "./codec/commands.ts";

/** Why an order cannot be put into a command. Nothing has been sent. */
export type OrderFault =
  | "amountMissing"
  | "originalMissing"
  | "partialNotSupported"
  | "currencyUnknown"
  | "notSupported";

/** BMP 04 has twelve digits. */
const LARGEST_AMOUNT = 999_999_999_999;

interface Writing {
  readonly password: string;
  /** BMP 19 of a sale. */
  readonly paymentType: number;
}

/** The command of an order. */
export function orderCommand(order: PaymentOrder, writing: Writing): Uint8Array | OrderFault {
  const { amount, original } = order;
  const currency = currencyNumber(order.currency);
  if (currency === undefined) return "currencyUnknown";
  if (amount !== undefined && (amount <= 0 || amount > LARGEST_AMOUNT)) return "notSupported";
  if (needsAmount(order.kind) && amount === undefined) return "amountMissing";
  const receipt = /^\d{1,4}$/.exec(original?.receiptNumber?.replace(/^0+(?=\d{4})/, "") ?? "")?.[0];
  if (needsOriginal(order.kind) && receipt === undefined) return "originalMissing";
  return write(order, amount ?? 0, receipt ?? "", currency, writing);
}

function write(
  { kind, amount: wanted }: PaymentOrder,
  amount: number,
  receipt: string,
  currency: string,
  { password, paymentType }: Writing,
): Uint8Array | OrderFault {
  switch (kind) {
    case "sale":
      return authorisation({ amount, currencyNumber: currency, paymentType });
    case "preAuth":
      return preAuthorisation({ amount, currencyNumber: currency });
    case "completion":
      return bookTotal(receipt, amount);
    case "refund":
      return refund(password, amount, currency);
    // 06 23 releases a part and books the rest; 06 25 and 06 30 know the whole only: a part of it cannot be asked for.
    case "cancellation":
      return wanted === undefined ? preAuthorisationReversal(receipt) : "partialNotSupported";
    case "reversal":
      return wanted === undefined ? reversal(password, receipt) : "partialNotSupported";
    default:
      return assertNever(kind);
  }
}

function needsAmount(kind: PaymentKind): boolean {
  return kind === "sale" || kind === "preAuth" || kind === "completion" || kind === "refund";
}

export function needsOriginal(kind: PaymentKind): boolean {
  return kind === "completion" || kind === "cancellation" || kind === "reversal";
}
