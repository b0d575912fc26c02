import type { PaymentId } from "../../../domain/payment.ts";

/** FNV-1a, 32 bits: its published constants. */
const OFFSET_BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

/**
 * Six digits that the terminal prints on the voucher and repeats in its answer, always the same for one payment. Two payments
 * share one once in a million: enough to tell an answer from that to the order before, no proof of a payment by itself.
 */
export function ticketOf(payment: PaymentId): string {
  let hash = OFFSET_BASIS;
  for (const character of payment) hash = Math.imul(hash ^ character.charCodeAt(0), PRIME);
  return String((hash >>> 0) % 1_000_000).padStart(6, "0");
}
