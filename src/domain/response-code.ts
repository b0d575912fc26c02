import type { Outcome } from "./transaction.ts";

/** DE39 values that mean "approved in full" (reference response-codes.md, 2.2). */
const APPROVED: ReadonlySet<string> = new Set(["00", "11", "16"]);

/** Approved, but later steps may differ: kept with the transaction as `approvalFlag`. */
const APPROVED_WITH_FLAG: ReadonlySet<string> = new Set(["A2", "A4", "A5", "A6", "Y1", "Y3"]);

/**
 * Nobody judged the payment: network, switch, format, keys or terminal registration stood in the way. 08, 26 and 32 read as
 * "completed" in ISO 8583:1987, yet a gateway must never count them as approved (reference response-codes.md, below 2.2).
 */
const FAILED: ReadonlySet<string> = new Set(
  "06 08 09 20 26 30 32 68 77 79 90 91 92 94 95 96 97 98 99 A0 A7 F0".split(" "),
);

export type Verdict = Extract<Outcome, "approved" | "approvedPartly" | "declined" | "failed">;

/** What one answer's DE39 means for the transaction. Unknown codes are declines, never guessed to be a success. */
export function verdictOf(responseCode: string): Verdict {
  if (APPROVED.has(responseCode) || APPROVED_WITH_FLAG.has(responseCode)) return "approved";
  if (responseCode === "10") return "approvedPartly";
  return FAILED.has(responseCode) ? "failed" : "declined";
}

export function isApprovedWithFlag(responseCode: string): boolean {
  return APPROVED_WITH_FLAG.has(responseCode);
}
