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

/** Body of a `settlement` record: one for the 0500, one for its answer. */
export interface SettlementRecord {
  readonly event: "requested" | "answered" | "unanswered" | "notSent" | "detailUploaded" | "uploadEnded";
  readonly terminal: TerminalId;
  readonly acquirer: AcquirerId;
  readonly batch?: string;
  readonly stan: string;
  readonly de41?: string;
  readonly currency?: Currency;
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
  /** RFC 3339. */
  readonly at: string;
}
