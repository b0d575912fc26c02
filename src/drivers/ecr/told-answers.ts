import { assertNever } from "../../domain/assert-never.ts";
import { DeviceError, type DeviceSettlement } from "../../domain/device.ts";
import { type Currency, minorUnits } from "../../domain/money.ts";
import type { LastTransaction, PaymentAnswer, PaymentOrder } from "../../domain/payment.ts";
import type { ToldPayment, ToldSettlement } from "./profiles/dialect.ts";
import type { ExchangeOutcome } from "./running-exchange.ts";

// What a terminal told, in the words of the domain.

/** Nothing of it reached the terminal. */
export function notSent(reason: string): PaymentAnswer {
  return { outcome: "failed", notSent: true, reason, transaction: {} };
}

export function answerTo(order: PaymentOrder, told: ToldPayment, hostMs: number | undefined): PaymentAnswer {
  const { outcome, reason, cardToken } = told;
  const { amount } = told.transaction;
  const { amount: ordered } = order;
  const less = outcome === "approved" && order.kind === "sale" && amount !== undefined && amount < (ordered ?? 0);
  const transaction = {
    ...told.transaction,
    ...(less ? { amount: ordered ?? amount, approvedAmount: amount } : {}),
    ...(hostMs === undefined ? {} : { hostMs: Math.round(hostMs) }),
  };
  return {
    outcome: less ? "approvedPartly" : outcome,
    ...(reason === undefined ? {} : { reason }),
    transaction,
    ...(cardToken === undefined ? {} : { cardToken }),
  };
}

/** Of an order that ended without an answer. @param lostBecause  Why the link went, where it did. */
export function unanswered({ ending, doubt }: ExchangeOutcome, lostBecause: DeviceError | undefined): PaymentAnswer {
  const outcome = doubt ? "inDoubt" : "failed";
  return { outcome, reason: reasonOf(ending, lostBecause), transaction: {} };
}

function reasonOf(ending: ExchangeOutcome["ending"], lostBecause: DeviceError | undefined): string {
  switch (ending) {
    case "notAccepted":
      return "notAccepted";
    case "lost":
      return lostBecause?.code === "closed" ? "stopped" : "linkLost";
    case "silent":
    case "confirmed":
    case "answered":
      return "noAnswer";
    default:
      return assertNever(ending);
  }
}

export function lastOf(told: ToldPayment): LastTransaction {
  const { outcome, kind, transaction } = told;
  if (outcome === "inDoubt") {
    const detail = { result: transaction.deviceCode ?? "" };
    throw new DeviceError("refused", "the terminal does not say what came of its last transaction", detail);
  }
  return kind === undefined ? { outcome, transaction } : { outcome, kind, transaction };
}

/** @throws DeviceError when the terminal's answer leaves open whether it settled. */
export function settlementOf(
  told: ToldSettlement,
  before: ToldSettlement["totals"],
  currency: Currency,
): DeviceSettlement {
  const { outcome, reason, deviceCode } = told;
  if (outcome === "inDoubt") {
    throw new DeviceError("refused", "the answer does not say whether it settled", { result: deviceCode ?? "" });
  }
  const totals = told.totals ?? before;
  return {
    outcome: outcome === "approved" ? "settled" : outcome === "declined" ? "refused" : "failed",
    ...(reason === undefined ? {} : { reason }),
    ...(deviceCode === undefined ? {} : { deviceCode }),
    ...(totals === undefined
      ? {}
      : { currency, totals: [{ card: "all", ...totals, amount: minorUnits(totals.amount) }] }),
  };
}
