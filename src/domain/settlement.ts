import type { Currency, MinorUnits } from "./money.ts";
import type { AcquirerId, TerminalId } from "./terminal.ts";

export interface SettlementTotals {
  readonly debitAmount: MinorUnits;
  readonly debitCount: number;
  readonly creditAmount: MinorUnits;
  readonly creditCount: number;
}

/** The host's verdict in 0510 (DE48 digits 30 and 61): 1 balanced, 2 not balanced, 3 error. */
export type SettlementVerdict = "balanced" | "notBalanced" | "error";

export const SETTLEMENT_EVENTS = [
  "requested",
  "answered",
  "unanswered",
  "notSent",
  "detailUploaded",
  "uploadEnded",
  /** A terminal that tillgate drives has done its end of day: its batch is the host's. `requested` stands before it. */
  "batchClosed",
] as const;

/**
 * Body of a `settlement` record: one for the 0500, one for its answer. Of a driven terminal's end of day: `requested`, then
 * `batchClosed`; `notSent` when it certainly did not take place, `unanswered` when nobody knows.
 */
export interface SettlementRecord {
  readonly event: (typeof SETTLEMENT_EVENTS)[number];
  readonly terminal: TerminalId;
  /** Absent where the terminal talks to its acquirer by itself. */
  readonly acquirer?: AcquirerId;
  readonly batch?: string;
  /** Empty where the protocol has none. */
  readonly stan: string;
  readonly de41?: string;
  readonly currency?: Currency;
  /** DE49 as on the wire, where our table has no letters for it: there is no `currency` then. */
  readonly currencyNumber?: string;
  /** What the terminal claims (DE48 of the 0500), domestic and foreign cards. */
  readonly terminalTotals?: { readonly domestic: SettlementTotals; readonly foreign: SettlementTotals };
  /** The same sums from this ledger. */
  readonly ledgerTotals?: SettlementTotals;
  /** Whether our ledger agrees with the terminal, whatever the host says. */
  readonly ledgerAgrees?: boolean;
  readonly hostVerdict?: { readonly domestic: SettlementVerdict; readonly foreign: SettlementVerdict };
  readonly responseCode?: string;
  /** Batch upload: details in this message, or the total that the end message (60.3 = 207 or 202) names. */
  readonly details?: number;
  /** What a driven terminal says that its batch held. */
  readonly deviceTotals?: readonly {
    readonly card: string;
    /** Absent where the terminal tells sums only. */
    readonly count?: number;
    readonly amount: MinorUnits;
  }[];
  /** What it printed; card numbers masked. */
  readonly receipts?: readonly { readonly type: string; readonly lines: readonly string[] }[];
  readonly deviceCode?: string;
  /** Why it was not settled, or is not known to be, as a stable word. */
  readonly reason?: string;
  /** RFC 3339. */
  readonly at: string;
}

/** `undefined` for a record of another kind, or with a body that we do not know. @param envelope  Parsed, not trusted. */
export function settlementRecordOf(envelope: {
  readonly kind?: unknown;
  readonly body?: unknown;
}): SettlementRecord | undefined {
  return envelope.kind === "settlement" && isSettlementRecord(envelope.body) ? envelope.body : undefined;
}

/** Looks at what decides how a record is read. The rest was written by this program and is covered by its hash. */
function isSettlementRecord(body: unknown): body is SettlementRecord {
  if (typeof body !== "object" || body === null) return false;
  if (!("event" in body) || !SETTLEMENT_EVENTS.some((known) => known === body.event)) return false;
  if (!("terminal" in body) || typeof body.terminal !== "string") return false;
  return !("acquirer" in body) || typeof body.acquirer === "string";
}

/** Whether the batch is the host's now: nothing in it can be lost any more. */
export function hasSettled({ event, responseCode, hostVerdict }: SettlementRecord): boolean {
  if (event === "batchClosed") return true;
  if (responseCode !== "00") return false;
  const isBalanced = hostVerdict?.domestic === "balanced" && hostVerdict.foreign === "balanced";
  return event === "uploadEnded" || (event === "answered" && isBalanced);
}
