import type { z } from "zod";
import { type inDoubtAnswer, paymentView } from "../contract/payments.ts";
import type { DoubtView, RunningPayment } from "../domain/payment-request.ts";
import type { Transaction } from "../domain/transaction.ts";
import type { PaymentSource } from "./payment-source.ts";

type View = z.output<typeof paymentView>;

export function isRunning(payment: RunningPayment | Transaction): payment is RunningPayment {
  return "begun" in payment;
}

/** The newest that is known of it. */
export function transactionOf(payment: RunningPayment | Transaction): Transaction {
  return isRunning(payment) ? (payment.result ?? payment.begun) : payment;
}

export function viewOf(payment: RunningPayment | Transaction, source: PaymentSource): View {
  const transaction = transactionOf(payment);
  const runs = isRunning(payment) && payment.result === undefined;
  const { payment: reference, stan, ...told } = transaction;
  const progress = runs ? payment.progress : undefined;
  const { nextCheckAt } = runs ? {} : source.doubtView(transaction);
  return paymentView.parse({
    ...told,
    state: runs ? "running" : "ended",
    till: reference?.till,
    orderId: reference?.orderId,
    ...(stan === "" ? {} : { stan }),
    ...(reference?.override === undefined ? {} : { override: reference.override }),
    ...(progress === undefined ? {} : { progress }),
    ...(nextCheckAt === undefined ? {} : { nextCheckAt }),
  });
}

export function doubtOf(doubt: DoubtView): z.output<typeof inDoubtAnswer>["inDoubt"][number] {
  const { transaction, nextCheckAt, lastCheck } = doubt;
  const { id, terminal, outcome, kind, requestedAt, payment, stan, amount, currency, reason, hostApproved, rrn } =
    transaction;
  return {
    id,
    terminal,
    outcome,
    kind,
    requestedAt,
    ...(amount === undefined ? {} : { amount }),
    ...(currency === undefined ? {} : { currency }),
    ...(reason === undefined ? {} : { reason }),
    ...(hostApproved === undefined ? {} : { hostApproved }),
    ...(stan === "" ? {} : { stan }),
    ...(rrn === undefined ? {} : { rrn }),
    ...(payment === undefined ? {} : { till: payment.till, orderId: payment.orderId }),
    ...(nextCheckAt === undefined ? {} : { nextCheckAt }),
    ...(lastCheck === undefined ? {} : { lastCheck }),
  };
}
