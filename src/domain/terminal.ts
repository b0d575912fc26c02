import type { Brand } from "./brand.ts";

/** The name a terminal has in the config: letters, digits, `-`, `_`, `.`; at most 64. It stands in MQTT topics. */
export type TerminalId = Brand<string, "TerminalId">;
export type AcquirerId = Brand<string, "AcquirerId">;

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export function isName(value: string): boolean {
  return NAME.test(value);
}

/** @throws RangeError when the name could not stand in a topic. */
export function terminalId(value: string): TerminalId {
  if (!isName(value)) throw new RangeError(`not a terminal name: ${JSON.stringify(value)}`);
  return value as TerminalId;
}

/** @throws RangeError when the name could not stand in a topic. */
export function acquirerId(value: string): AcquirerId {
  if (!isName(value)) throw new RangeError(`not an acquirer name: ${JSON.stringify(value)}`);
  return value as AcquirerId;
}

/** What a `terminal` record tells of: the terminal's own doings beside its transactions. */
export type TerminalEvent =
  | "signedIn"
  | "signInRefused"
  | "signedOff"
  | "echo"
  | "parameterDownload"
  | "batchUpload"
  | "scriptNotice"
  | "undecodable"
  | "opaque"
  | "unlisted"
  | "lateApprovalAfterReversal"
  | "strayAnswer"
  /** A terminal that tillgate drives: its state went from one of {@link TERMINAL_STATES} to another. */
  | "stateChanged"
  /** Who answers there, for the first time or differently. */
  | "identified"
  | "recoveryTried"
  | "paused"
  | "resumed"
  | "settled"
  | "diagnosed"
  | "selftested"
  | "swiped"
  | "replaced"
  | "maintenanceDue";

export const TERMINAL_STATES = [
  "connecting",
  "ready",
  "busy",
  "degraded",
  "idle",
  "unknown",
  "offline",
  "paused",
  "disabled",
] as const;
/** How a terminal that tillgate drives is, as its supervision sees it. */
export type TerminalState = (typeof TERMINAL_STATES)[number];

export interface TerminalRecord {
  readonly event: TerminalEvent;
  /** Absent for a terminal that talks to its acquirer by itself. */
  readonly acquirer?: AcquirerId;
  /** DE41 and DE42 as they stood on the wire. */
  readonly de41?: string;
  readonly de42?: string;
  readonly responseCode?: string;
  readonly batch?: string;
  /** What the event needs beside: a byte offset and a reason, a count, texts that the host sent. Never card data. */
  readonly detail?: Readonly<Record<string, string | number | boolean>>;
}

/** How its transactions ended, as far as the ledger goes back. */
export interface TerminalCounts {
  readonly transactions: number;
  readonly approved: number;
  readonly declined: number;
  readonly failed: number;
  readonly inDoubt: number;
  readonly reversed: number;
  /** From the order to its end. ms. */
  readonly meanMs?: number;
  /** Times that it could not be reached any more, and steps that were taken to mend it. */
  readonly outages?: number;
  readonly recoveries?: number;
}

/** How the transactions of one cashier or operator ended, as tills and terminals name him. */
export interface OperatorView {
  readonly operator: string;
  readonly counts: TerminalCounts;
}

/** A terminal as it is right now, for people. */
export interface TerminalView {
  readonly terminal: TerminalId;
  /** Whether the config names it. */
  readonly listed: boolean;
  /** DE41 and DE42 that the config gives it. */
  readonly de41?: string;
  readonly merchant?: string;
  /** Open now. */
  readonly connections: number;
  /** RFC 3339; absent when it has not been seen since start. */
  readonly lastSeenAt?: string;
  readonly lastOutcome?: string;
  /** Transactions whose money may have moved on one side only. */
  readonly unresolved: number;
  /** Those of a terminal that tillgate drives. */
  readonly family?: string;
  readonly state?: TerminalState;
  /** RFC 3339. */
  readonly since?: string;
  /** A stable word, and what a technician should do, in both languages. */
  readonly reason?: string;
  readonly advice?: { readonly en: string; readonly zh: string };
  /** What its link failed with, in its driver's words: they name the port, and what to do there. */
  readonly found?: string;
  readonly group?: string;
  readonly pause?: {
    readonly by: string;
    readonly who: string;
    readonly reason: string;
    /** RFC 3339. */
    readonly until?: string;
  };
  readonly model?: string;
  readonly firmware?: string;
  readonly serial?: string;
  /** How much of the time it was in use, 0..1. */
  readonly utilisation?: { readonly lastHour: number; readonly lastDay: number };
  readonly counts?: TerminalCounts;
}
