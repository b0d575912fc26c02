import { assertNever } from "../domain/assert-never.ts";
import type { TransactionRecord } from "../domain/transaction.ts";
import { close } from "./change.ts";
import type { Incident } from "./incident.ts";
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
export function paymentEnded(state: IncidentsState, told: TransactionRecord, payment: Payment, at: number): void {
  for (const incident of state.open()) {
    const why = endOf(incident, told, payment, state);
    if (why !== undefined) close(state, incident, why, at);
  }
}

/** @returns why this payment ends the incident, as a stable word; `undefined` when it does not. */
function endOf(
  incident: Incident,
  { event, transaction: { outcome } }: TransactionRecord,
  payment: Payment,
  { lineFaults }: IncidentsState,
): string | undefined {
  const { place, endedBy, transactionKind } = incident;
  if (endedBy === "payment" && place.transaction === payment.id) {
    if (event === "resolved") return "resolved";
    if (outcome === "reversed") return "reversed";
  }
  if (outcome !== "approved" || event === "answeredAgain" || payment.n === incident.n) return undefined;
  if (place.transaction !== undefined)
    return payment.original === place.transaction && SETTLES.has(payment.kind) ? "settledByPayment" : undefined;
  switch (endedBy) {
    case "approval":
      return isAt(incident, payment) ? "approvedAgain" : undefined;
    case "sameKindApproval":
      return isAt(incident, payment) && payment.kind === transactionKind ? "approvedAgain" : undefined;
    // The ladder may never have seen it, or was not there when it ended.
    case "line":
      return lineFaults.size === 0 ? "lineIsWell" : undefined;
    case "payment":
    case "person":
      return undefined;
    default:
      return assertNever(endedBy);
  }
}

/** The approval came from where the trouble is. */
function isAt({ place }: Incident, { terminal, acquirer, bin }: Payment): boolean {
  if (place.terminal !== undefined && place.terminal !== terminal) return false;
  if (place.acquirer !== undefined && place.acquirer !== acquirer) return false;
  return place.bin === undefined || place.bin === bin;
}

/** What the ladder or a channel finds has changed. @param body  Of a `link` record. */
export function lineChanged(state: IncidentsState, body: unknown, at: number): void {
  if (typeof body !== "object" || body === null || !("event" in body)) return;
  const { event } = body;
  const channel = "channel" in body && typeof body.channel === "string" ? body.channel : "";
  switch (event) {
    case "verdictChanged":
      if ("fault" in body) state.lineFaults.add("verdict");
      else state.lineFaults.delete("verdict");
      break;
    case "interferenceBegan":
    case "interferenceChanged":
      state.lineFaults.add(channel);
      return;
    case "interferenceEnded":
      state.lineFaults.delete(channel);
      break;
    default:
      return;
  }
  if (state.lineFaults.size > 0) return;
  for (const incident of state.open()) if (incident.endedBy === "line") close(state, incident, "lineIsWell", at);
}
