import type { RecordDraft } from "../../../domain/record.ts";
import type { AcquirerId, TerminalEvent, TerminalId, TerminalRecord } from "../../../domain/terminal.ts";
import type { Observation } from "../codec/observation.ts";
import type { Asked } from "./outstanding.ts";

/** A `terminal` record about a message of that terminal. */
export function terminalRecord(
  acquirer: AcquirerId,
  terminal: TerminalId,
  event: TerminalEvent,
  { de41, de42, responseCode, batch }: Observation,
  detail: NonNullable<TerminalRecord["detail"]>,
): RecordDraft {
  const body: TerminalRecord = {
    event,
    acquirer,
    ...(de41 === undefined ? {} : { de41 }),
    ...(de42 === undefined ? {} : { de42 }),
    ...(responseCode === undefined ? {} : { responseCode }),
    ...(batch === undefined ? {} : { batch }),
    ...(Object.keys(detail).length === 0 ? {} : { detail }),
  };
  return { kind: "terminal", terminal, body };
}

/** What came of a sign-in, sign-off, echo, download or script notice. */
export function managementRecord(
  acquirer: AcquirerId,
  asked: Asked,
  event: TerminalEvent,
  answer: Observation,
): RecordDraft {
  const refused = event === "signedIn" && answer.responseCode !== "00";
  return terminalRecord(acquirer, asked.terminal, refused ? "signInRefused" : event, answer, {
    ...(answer.hostText === undefined ? {} : { hostText: answer.hostText }),
    ...(asked.request.operator === undefined ? {} : { operator: asked.request.operator }),
  });
}
