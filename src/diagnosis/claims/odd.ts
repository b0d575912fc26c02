import { type Claim, claim, sign } from "../claim.ts";
import type { Situation } from "../situation.ts";

/** Why the terminal took back what it had asked for: DE39 of its 0400. */
const TAKEN_BACK: Readonly<Record<string, (answered: boolean) => Claim>> = {
  "96": () => claim("hardware.terminal", 0.75, [sign("reversalReason", "96")]),
  A0: () => claim("terminal.keys", 0.75, [sign("reversalReason", "A0")]),
  "98": (answered) =>
    claim("terminal.connection", answered ? 0.75 : 0.55, [
      sign("reversalReason", "98"),
      ...(answered ? [sign("answerWrittenToTerminal")] : []),
    ]),
};

/** What is odd although nothing failed, and reversals. */
export function oddClaims({ payment }: Situation): readonly Claim[] {
  const { event, reversal, outcome, approvalFlag, reversalReason } = payment;
  if (event === "answeredAgain") return [claim("duplicate.answer", 0.9, [sign("answeredTwice")])];
  if (outcome === "reversalAbandoned" || reversal === "reversalAbandoned")
    return [claim("reversal.abandoned", 0.95, [sign("reversalAbandoned")])];
  if (outcome === "approvedPartly") return [claim("approved.partly", 0.95, [sign("code", "10")])];
  if (outcome === "approved" && approvalFlag !== undefined)
    return [claim("approved.flagged", 0.95, [sign("code", approvalFlag)])];
  if (reversalReason === undefined || reversal === undefined) return [];
  const found = TAKEN_BACK[reversalReason]?.(event === "answered");
  return found === undefined ? [] : [found];
}
