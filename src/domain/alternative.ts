import type { Currency, MinorUnits } from "./money.ts";
import type { PaymentReference } from "./transaction.ts";

export const ALTERNATIVE_METHODS = ["cash", "qr", "paperVoucher", "other"] as const;
/** How it was paid while no terminal could take it. */
export type AlternativeMethod = (typeof ALTERNATIVE_METHODS)[number];

/** Body of an `alternative` record: what a till handed in, so that headquarters' picture of an outage is complete. */
export interface AlternativeRecord {
  readonly event: "paid";
  readonly id: string;
  readonly method: AlternativeMethod;
  readonly amount: MinorUnits;
  readonly currency: Currency;
  /** RFC 3339, by the till; the envelope says when it was handed in. */
  readonly paidAt?: string;
  /** A voucher's or a QR payment's own number. Never card data. */
  readonly reference?: string;
  readonly payment: Omit<PaymentReference, "override">;
}

/** `undefined` for a record of another kind. @param envelope  As it came from the ledger, parsed but not trusted. */
export function alternativeRecordOf(envelope: {
  readonly kind?: unknown;
  readonly body?: unknown;
}): AlternativeRecord | undefined {
  return envelope.kind === "alternative" && isAlternative(envelope.body) ? envelope.body : undefined;
}

/** Looks at what a reader steers by. The rest was written by this program and is covered by its hash. */
function isAlternative(body: unknown): body is AlternativeRecord {
  if (!isObject(body) || body["event"] !== "paid" || typeof body["id"] !== "string") return false;
  const payment = body["payment"];
  return (
    typeof body["amount"] === "number" &&
    typeof body["currency"] === "string" &&
    ALTERNATIVE_METHODS.some((known) => known === body["method"]) &&
    isObject(payment) &&
    ["till", "orderId", "keyHash", "requestHash"].every((name) => typeof payment[name] === "string")
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
