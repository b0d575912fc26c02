import type { ActionRecord } from "../../domain/action.ts";
import type { DeviceDiagnosis, DeviceSettlement } from "../../domain/device.ts";
import type { TerminalId } from "../../domain/terminal.ts";
import type { ClaimRefusal } from "../claim.ts";
import type { Carried, ReplacementBlock } from "../replace.ts";
import type { SelftestResult } from "./selftest.ts";

/** Who wants something done, and why. */
export type Orderer = Pick<ActionRecord, "who" | "reason" | "by">;

/** Why nothing was done. */
export interface ActionRefusal {
  readonly refused:
    | ClaimRefusal["refused"]
    /** It is not held back. */
    | "notPaused"
    /** Only the config can end that. */
    | "pausedByConfig"
    /** Another terminal answers: the serial number that stands on it must be named. */
    | "wrongTerminal"
    | "blocked"
    /** The ledger does not take it, and nothing is done that is not recorded. */
    | "notRecorded";
  readonly terminal?: TerminalId;
  readonly because?: string;
  /** RFC 3339. */
  readonly until?: string;
  readonly blocks?: readonly ReplacementBlock[];
}

export type ActionResult<Done> = { readonly done: Done } | ActionRefusal;

export type SettleDone = Pick<DeviceSettlement, "totals" | "deviceCode" | "currency"> & {
  /** `unknown`: nobody knows whether the terminal did it. */
  readonly outcome: DeviceSettlement["outcome"] | "unknown";
  readonly reason?: string;
  /** Whether this ledger's own sums are the terminal's; absent where they cannot be compared. */
  readonly ledgerAgrees?: boolean;
};

export type DiagnoseDone = DeviceDiagnosis;
export type SelftestDone = SelftestResult;
export interface ReplaceDone {
  readonly carried: readonly Carried[];
}
