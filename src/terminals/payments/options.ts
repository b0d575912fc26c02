import type { Application, PaymentRefusal } from "../../domain/payment-request.ts";
import type { Currency } from "../../domain/money.ts";
import type { PaymentKind } from "../../domain/payment.ts";
import { isSupervisor } from "../../domain/role.ts";
import { type AskingTimes, ASKING_TIMES } from "./in-doubt-desk.ts";
import type { OrderRules } from "./order-rules.ts";

export interface DeskOptions {
  readonly rules: OrderRules;
  /** Whether a terminal with an order in doubt gets no other until it was asked, where it can tell. */
  readonly holdTerminals: boolean;
  /** Those that the shop's terminals take; absent: each terminal says so itself. */
  readonly currencies?: ReadonlySet<Currency>;
  /** Minor units, of one payment. */
  readonly maxAmount: number;
  readonly asking: AskingTimes;
}

const MINUTE_MS = 60_000;

export const DEFAULT_OPTIONS: DeskOptions = {
  rules: { sameAmountWithinMs: 30 * MINUTE_MS, paidWithinMs: 7 * 24 * 60 * MINUTE_MS },
  holdTerminals: true,
  // ZVT and ISO 8583 carry twelve digits.
  maxAmount: 999_999_999_999,
  asking: ASKING_TIMES,
};

/** Without an amount the whole of the original is meant. */
const NEEDS_AMOUNT: ReadonlySet<PaymentKind> = new Set(["sale", "preAuth", "refund"]);
const NEEDS_ORIGINAL: ReadonlySet<PaymentKind> = new Set(["completion", "cancellation", "reversal"]);

/** What is wrong with a request whatever else is known. */
export function objectionTo({ asker, request }: Application, options: DeskOptions): PaymentRefusal | undefined {
  const { kind, amount, currency, original } = request;
  if (kind === "refund" && !isSupervisor(asker)) return { refused: "notPermitted", field: "kind" };
  const isAmountWrong = amount === undefined ? NEEDS_AMOUNT.has(kind) : amount < 1 || amount > options.maxAmount;
  if (isAmountWrong) return { refused: "wrongAmount", field: "amount" };
  if (options.currencies?.has(currency) === false) return { refused: "wrongCurrency", field: "currency" };
  if (NEEDS_ORIGINAL.has(kind) && (original === undefined || Object.keys(original).length === 0)) {
    return { refused: "unknownOriginal", field: "original" };
  }
  return undefined;
}
