import { recordWithin } from "./carried.ts";
import type { TransactionKind } from "./transaction.ts";

/** Under which a till's request is found again. @param keyHash  Of its Idempotency-Key: see `PaymentReference`. */
export function requestKey(till: string, keyHash: string): string {
  return `key:${till}:${keyHash}`;
}

/** Under which the newest attempt of this kind at a till's order is found. */
export function orderKey(till: string, kind: TransactionKind, orderId: string): string {
  return `order:${till}:${kind}:${orderId}`;
}

/** Under which a payment, or what was paid another way, is found by its id. */
export function paymentKey(id: string): string {
  return `payment:${id}`;
}

/** Line breaks divide keys on their way to the disk; nothing else may stand in one either that people cannot see. */
const KEY = /^[\x20-\x7e\u00a0-\uffff]{1,400}$/;

export function isRecordKey(key: string): boolean {
  return KEY.test(key);
}

/**
 * The keys under which the ledger finds a record again, however it came into it: made here or carried from an earlier stream.
 * What tillgate refused, or could not reach the ledger with, binds no key: nothing was sent, the same request may come again.
 *
 * @param envelope  Parsed, perhaps not trusted; a draft will do.
 */
export function recordKeysOf(envelope: { readonly kind?: unknown; readonly body?: unknown }): readonly string[] {
  const { kind, body } = recordWithin(envelope);
  if (!isObject(body)) return [];
  if (kind === "transaction") {
    const transaction = body["transaction"];
    return isObject(transaction) ? keysOf(transaction, body["event"] !== "refused") : [];
  }
  return kind === "alternative" ? keysOf(body, true) : [];
}

function keysOf(named: Readonly<Record<string, unknown>>, isBinding: boolean): readonly string[] {
  const { id, kind, payment } = named;
  if (typeof id !== "string" || !isObject(payment)) return [];
  const { till, orderId, keyHash } = payment;
  if (typeof till !== "string" || typeof orderId !== "string" || typeof keyHash !== "string") return [];
  const keys = [paymentKey(id)];
  if (isBinding) keys.push(requestKey(till, keyHash));
  // What was paid another way has no kind of a transaction.
  if (isBinding && typeof kind === "string") keys.push(`order:${till}:${kind}:${orderId}`);
  return keys.filter(isRecordKey);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
