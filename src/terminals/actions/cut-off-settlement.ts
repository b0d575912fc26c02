import type { RecordDraft } from "../../domain/record.ts";
import type { SettlementRecord } from "../../domain/settlement.ts";
import type { TerminalId, TerminalRecord } from "../../domain/terminal.ts";
import { type Clock, rfc3339 } from "../../runtime/clock.ts";
import type { Log } from "../../runtime/log.ts";

export interface CutOffDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly record: (draft: RecordDraft) => Promise<unknown>;
}

const REASON = "daemonRestarted";

/**
 * The daemon ended while a terminal did its end of day: nobody knows whether that took place, and the ledger says so. It counts
 * as begun, so that no schedule tells the terminal again; people look, and may.
 *
 * Never rejects: what the disk refuses is kept by the door to the ledger.
 */
export async function tellCutOff(terminal: TerminalId, { clock, log, record }: CutOffDeps): Promise<void> {
  const unanswered: SettlementRecord = {
    event: "unanswered",
    terminal,
    stan: "",
    at: rfc3339(clock.now()),
    reason: REASON,
  };
  const settled: TerminalRecord = { event: "settled", detail: { outcome: "unknown", reason: REASON, who: "tillgate" } };
  const drafts: readonly RecordDraft[] = [
    { kind: "terminal", terminal, body: settled },
    { kind: "settlement", terminal, body: unanswered },
  ];
  for (const draft of drafts) {
    try {
      await record(draft);
    } catch (error) {
      log.error("terminal.settlement-not-told", { terminal, kind: draft.kind, error });
    }
  }
}
