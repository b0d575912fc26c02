import type { TransactionRecord } from "../domain/transaction.ts";
import { close } from "./change.ts";
import { type Incident, isOpen } from "./incident.ts";
import { RULE_OF } from "./rules.ts";
import type { IncidentsState, Payment } from "./state.ts";

/** Voids, refunds and completions that give the matter of one payment its end. */
const SETTLES: ReadonlySet<string> = new Set([
  "saleVoid",
  "refund",
  "completion",
  "completionAdvice",
  "preAuthVoid",
  "completionVoid",
]);

/** A payment has come to an end: what that proves well again is closed. */
export function paymentEnded(
  state: IncidentsState,
  { event, transaction }: TransactionRecord,
  payment: Payment,
  at: number,
): void {
  const { outcome } = transaction;
  for (const incident of state.now.incidents) {
    if (!isOpen(incident)) continue;
    const rule = RULE_OF[incident.cause];
    const isOwn = incident.place.transaction === payment.id;
    if (isOwn && (event === "resolved" || outcome === "reversed") && incident.kind !== "approvedAfterReversal")
      close(state, incident, event === "resolved" ? "resolved" : "reversed", at);
    else if (outcome !== "approved" || event === "answeredAgain" || payment.n === incident.n) continue;
    else if (isSettledBy(incident, payment)) close(state, incident, "settledByPayment", at);
    else if (rule?.endedBy === "approval" && isAt(incident, payment)) close(state, incident, "approvedAgain", at);
    else if (
      rule?.endedBy === "sameKindApproval" &&
      isAt(incident, payment) &&
      payment.kind === incident.transactionKind
    )
      close(state, incident, "approvedAgain", at);
  }
}

function isSettledBy({ place }: Incident, { kind, original }: Payment): boolean {
  return place.transaction !== undefined && original === place.transaction && SETTLES.has(kind);
}

/** The approval came from where the trouble is. */
function isAt({ place, kind }: Incident, { terminal, acquirer, bin }: Payment): boolean {
  if (place.terminal !== undefined && place.terminal !== terminal) return false;
  if (place.acquirer !== undefined && place.acquirer !== acquirer) return false;
  if (place.bin !== undefined && place.bin !== bin) return false;
  return kind !== "tooFrequent" && place.operator === undefined && place.transaction === undefined;
}

/** The ladder finds nothing wrong on the line any more. @param body  Of a `link` record. */
export function lineIsWell(state: IncidentsState, body: unknown, at: number): void {
  if (typeof body === "object" && body !== null && "fault" in body) return;
  for (const incident of state.now.incidents)
    if (isOpen(incident) && RULE_OF[incident.cause]?.endedBy === "line") close(state, incident, "lineIsWell", at);
}
