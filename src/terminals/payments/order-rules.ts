import type { PaymentRefusal, PaymentRequest } from "../../domain/payment-request.ts";
import { type Asker, isSupervisor } from "../../domain/role.ts";
import { type PaymentId, paymentId } from "../../domain/payment.ts";
import type { PaymentReference, Transaction } from "../../domain/transaction.ts";
import { type ClockStamp, instantOf } from "../../domain/clock.ts";

export interface OrderRules {
  /** ms. An equal amount at the same till is a probable duplicate of a payment that has been in doubt for less. */
  readonly sameAmountWithinMs: number;
  /** ms. An order that was paid longer ago does not stand in the way: tills that count from 1 every day use its name again. */
  readonly paidWithinMs: number;
}

export interface PaidBefore {
  readonly transaction: Transaction;
  /** When its newest record was written, where that is known. */
  readonly clock?: ClockStamp;
}

/** What is known that could make the request a second charge. */
export interface OrderSituation {
  /** Payments of the till that nobody knows the end of. */
  readonly doubts: readonly Transaction[];
  /** Payments by which this order was paid, and that were not undone. */
  readonly paid: readonly PaidBefore[];
  /** ms since 1970. */
  readonly now: number;
  /** Of the same moment. */
  readonly stamp: ClockStamp;
}

export type OrderDecision =
  | { readonly may: true; readonly override?: NonNullable<PaymentReference["override"]> }
  | { readonly may: false; readonly refusal: PaymentRefusal };

/** Whether an order may go to a terminal, as far as money is concerned that moved already or may have. */
export function decideOrder(
  request: PaymentRequest,
  asker: Asker,
  { doubts, paid, now, stamp }: OrderSituation,
  rules: OrderRules,
): OrderDecision {
  const ofOrder = doubts.filter(({ payment }) => payment?.orderId === request.orderId);
  if (ofOrder.length > 0) return refuse({ refused: "orderInDoubt", field: "orderId", payments: idsOf(ofOrder) });
  const likely = idsOf([
    ...paid.flatMap((one) => (isRecent(one, { now, stamp }, rules.paidWithinMs) ? [one.transaction] : [])),
    ...doubts.filter((one) => isSameAmount(one, request) && isWithin(one, now, rules.sameAmountWithinMs)),
  ]);
  if (likely.length === 0) return { may: true };
  const { overrides = [], reason = "" } = request;
  if (overrides.length === 0) return refuse({ refused: "probableDuplicate", payments: likely });
  if (!isSupervisor(asker)) return refuse({ refused: "notPermitted", field: "overrides", payments: likely });
  if (reason.trim() === "") return refuse({ refused: "probableDuplicate", field: "reason", payments: likely });
  const missing = likely.filter((id) => !overrides.includes(id));
  if (missing.length > 0) return refuse({ refused: "probableDuplicate", field: "overrides", payments: missing });
  return { may: true, override: { reason, who: asker.name, payments: likely } };
}

function isSameAmount(transaction: Transaction, { amount, currency }: PaymentRequest): boolean {
  return amount !== undefined && transaction.amount === amount && transaction.currency === currency;
}

/** Within one boot by the clock that nobody sets: one that is put right by a month makes no order of today an old one. */
function isRecent(
  { transaction, clock }: PaidBefore,
  { now, stamp }: Pick<OrderSituation, "now" | "stamp">,
  ms: number,
): boolean {
  if (clock?.bootId === stamp.bootId) return stamp.monotonicMs - clock.monotonicMs < ms;
  return isWithin(transaction, now, ms);
}

/** A clock that was set back makes it young; one that cannot be read does, too. */
function isWithin({ requestedAt }: Transaction, now: number, ms: number): boolean {
  const at = instantOf(requestedAt);
  return at === undefined || now - at < ms;
}

function idsOf(transactions: readonly Transaction[]): readonly PaymentId[] {
  return [...new Set(transactions.map(({ id }) => paymentId(id)))];
}

function refuse(refusal: PaymentRefusal): OrderDecision {
  return { may: false, refusal };
}
