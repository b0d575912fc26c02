import type { Transaction, TransactionRecord } from "../../../domain/transaction.ts";
import type { Observation } from "../codec/observation.ts";

/** The terminal wants a transaction undone. What the host has already undone stays undone: that was only a repeat. */
export function reversalRequested(before: Transaction, request: Observation, at: string): TransactionRecord {
  const reason = request.responseCode ?? before.reversal?.reason;
  return {
    event: "reversalRequested",
    transaction: {
      ...before,
      outcome: before.outcome === "reversed" ? "reversed" : "reversing",
      reversal: {
        ...before.reversal,
        attempts: (before.reversal?.attempts ?? 0) + 1,
        requestedAt: at,
        ...(reason === undefined ? {} : { reason }),
      },
    },
  };
}

/**
 * 0410 with 00 ends doubt, also when the host never had the original (reference iso8583.md, 1.10), and also when the
 * terminal did not hear it: the host's books are settled, a repeat gets the same answer. Any other code leaves it open.
 */
export function reversalAnswered(before: Transaction, answer: Observation, at: string): TransactionRecord {
  const responseCode = answer.responseCode;
  return {
    event: "reversalAnswered",
    transaction: {
      ...before,
      outcome: responseCode === "00" ? "reversed" : before.outcome,
      reversal: {
        attempts: 1,
        requestedAt: at,
        ...before.reversal,
        answeredAt: at,
        ...(responseCode === undefined ? {} : { responseCode }),
      },
    },
  };
}

/**
 * A terminal sends a pending reversal before its next online transaction, and drops it after resend count + 1 attempts
 * (1.10). So a new request while a reversal is open means that it was dropped: the cardholder may be debited for nothing.
 */
export function reversalAbandoned(before: Transaction, because: string): TransactionRecord {
  return { event: "reversalAbandoned", transaction: { ...before, outcome: "reversalAbandoned", reason: because } };
}
