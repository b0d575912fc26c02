import type { Currency } from "../../../domain/money.ts";
import type { RecordDraft } from "../../../domain/record.ts";
import type { AcquirerId, TerminalId } from "../../../domain/terminal.ts";
import type { TransactionId } from "../../../domain/transaction.ts";
import type { Observation } from "../codec/observation.ts";
import type { Asked } from "./outstanding.ts";
import type { SettlementKinds } from "./settlement.ts";

export interface RelayMachineOptions {
  readonly acquirer: AcquirerId;
  /** For amounts whose message names no currency (DE49). */
  readonly defaultCurrency: Currency;
  /** How often terminals repeat a reversal after its first attempt (DE62 tag 23, default 3). */
  readonly resendCount: number;
  readonly settlementKinds: SettlementKinds;
}

/** One message that a terminal sent. */
export interface RequestSeen {
  readonly connection: number;
  readonly terminal: TerminalId;
  readonly observation: Observation;
  /** For the transaction that this request begins, if it begins one. */
  readonly id: TransactionId;
  /** RFC 3339. */
  readonly at: string;
  readonly monotonicMs: number;
}

/** One message that the acquirer sent. */
export interface AnswerSeen {
  readonly connection: number;
  /** For an answer that fits nothing we asked. */
  readonly terminal: TerminalId;
  readonly observation: Observation;
  /** Written to that connection's terminal while it was open. */
  readonly delivered: boolean;
  readonly at: string;
  readonly monotonicMs: number;
}

export interface RequestStep {
  /** For the ledger, in this order. */
  readonly drafts: readonly RecordDraft[];
  /** 01xx, 02xx, 04xx: the drafts are on disk before the request goes on, within `writeAheadMaxMs`. */
  readonly writeAhead: boolean;
  /** Report its sending with `sent`. Absent for what needs no answer. */
  readonly asked: Asked | undefined;
}
