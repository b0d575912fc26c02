import type { DiagnosisCause } from "../../domain/diagnosis.ts";
import { type Claim, claim, sign } from "../claim.ts";
import { isApproved } from "../seen.ts";
import type { Situation } from "../situation.ts";

/** What a terminal that tillgate drives says by itself (stable words of its driver), and what that alone is worth. */
const SAID: Readonly<Record<string, readonly [DiagnosisCause, number]>> = {
  terminalFault: ["hardware.terminal", 0.85],
  printerFault: ["hardware.printer", 0.9],
  paperOut: ["hardware.printer", 0.95],
  authorisedNotPrinted: ["hardware.printer", 0.85],
  cardUnreadable: ["card.unreadable", 0.65],
  keysMissing: ["terminal.keys", 0.85],
  settlementRequired: ["settlement.due", 0.95],
  updateRequired: ["terminal.maintenance", 0.9],
  downloadRequired: ["terminal.maintenance", 0.9],
  downloadPending: ["terminal.maintenance", 0.85],
  softwareUpdatePending: ["terminal.maintenance", 0.85],
  declined: ["issuer.declined", 0.65],
  abortedAtTerminal: ["operator.aborted", 0.8],
  approvedThenAborted: ["operator.aborted", 0.75],
  timedOut: ["operator.aborted", 0.65],
  notSupported: ["terminal.functionDisabled", 0.75],
  cardNotSupported: ["card.notSupported", 0.8],
  invalidCard: ["card.invalidNumber", 0.75],
  wrongCard: ["operator.wrongOriginal", 0.75],
  cardNotPresent: ["operator.aborted", 0.7],
  amountTooSmall: ["operator.wrongEntry", 0.85],
  instalmentsWrong: ["operator.wrongEntry", 0.85],
  badDigit: ["data.format", 0.7],
  totalsDiffer: ["settlement.notBalanced", 0.85],
  originalNotFound: ["operator.wrongOriginal", 0.8],
  alreadyReversed: ["operator.wrongOriginal", 0.85],
  notReversible: ["operator.wrongOriginal", 0.75],
};

/** Cards that one terminal could not read one after the other, before it is the reader and not the cards. */
const UNREAD_MOST = 3;

/** What tillgate itself, or the terminal, gave as the reason. */
export function deviceClaims({ payment, near }: Situation): readonly Claim[] {
  const { event, reason } = payment;
  if (event === "refused") return [claim("refused.byTillgate", 0.95, [sign("refused", reason ?? "")])];
  if (reason === undefined) return [];
  const said = SAID[reason];
  if (said === undefined) return [];
  const evidence = [sign("terminalSays", reason)];
  if (reason === "cardUnreadable") {
    const own = near.filter(({ terminal, at }) => terminal === payment.terminal && at <= payment.at);
    const sinceRead = own.slice(own.findLastIndex(isApproved) + 1).filter((one) => one.reason === reason);
    if (sinceRead.length + 1 >= UNREAD_MOST)
      return [claim("hardware.reader", 0.85, [...evidence, sign("unreadInARow", sinceRead.length + 1)])];
  }
  return [claim(said[0], said[1], evidence)];
}
