import type { RecordDraft } from "../../../domain/record.ts";
import type { SettlementRecord } from "../../../domain/settlement.ts";
import type { TerminalId } from "../../../domain/terminal.ts";
import type { Observation } from "../codec/observation.ts";
import { currencyOf } from "./financial.ts";
import type { Memory } from "./memory.ts";
import type { Asked } from "./outstanding.ts";
import type { RequestSeen } from "./seen.ts";
import { agrees, ledgerTotals } from "./settlement.ts";

/** The 0500: what the terminal claims, beside what this ledger holds of the same batch. */
export function settlementRequested(memory: Memory, { terminal, observation, at }: RequestSeen): RecordDraft {
  const { totals, batch } = observation;
  const sums = batch === undefined ? undefined : memory.book.batchSums(terminal, batch);
  const ours = sums === undefined ? undefined : ledgerTotals(sums, memory.options.settlementKinds);
  const body: SettlementRecord = {
    event: "requested",
    ...head(memory, terminal, observation, at),
    ...(totals === undefined ? {} : { terminalTotals: totals }),
    ...(ours === undefined ? {} : { ledgerTotals: ours }),
    ...(ours === undefined || totals === undefined ? {} : { ledgerAgrees: agrees(totals, ours) }),
  };
  return { kind: "settlement", terminal, body };
}

export interface SettlementStep {
  readonly event: SettlementRecord["event"];
  readonly answer?: Observation;
  readonly details?: number | undefined;
}

/** What came of a 0500 or 0320. */
export function settlementRecord(memory: Memory, asked: Asked, at: string, step: SettlementStep): RecordDraft {
  const { answer, details } = step;
  const body: SettlementRecord = {
    event: step.event,
    ...head(memory, asked.terminal, asked.request, at),
    ...(answer?.verdict === undefined ? {} : { hostVerdict: answer.verdict }),
    ...(answer?.responseCode === undefined ? {} : { responseCode: answer.responseCode }),
    ...(details === undefined ? {} : { details }),
  };
  return { kind: "settlement", terminal: asked.terminal, body };
}

function head(
  { options }: Memory,
  terminal: TerminalId,
  observation: Observation,
  at: string,
): Omit<SettlementRecord, "event"> {
  const { stan, batch, de41 } = observation;
  return {
    terminal,
    acquirer: options.acquirer,
    stan: stan ?? "",
    at,
    ...currencyOf(observation, options.defaultCurrency),
    ...(batch === undefined ? {} : { batch }),
    ...(de41 === undefined ? {} : { de41 }),
  };
}
