import type { ClaimRefusal } from "../claim.ts";
import type { PaymentId } from "../../domain/payment.ts";
import type { TerminalId } from "../../domain/terminal.ts";

export const PAYMENT_REFUSALS = [
  /** The key stands for another request. */
  "keyReused",
  /** The key was used; what came of it is not here any more. */
  "keySpent",
  /** This order's money may have moved, or is moving. */
  "orderInDoubt",
  /** It looks like an order that was paid, or may have been. */
  "probableDuplicate",
  /** The terminal must be asked first what became of the order before. */
  "terminalInDoubt",
  /** It could not be recorded. */
  "notRecorded",
  /** The ledger is still being read after a start, or tillgate is stopping. */
  "notReady",
  "wrongAmount",
  "wrongCurrency",
  "unknownOriginal",
  /** Somebody with another role may. */
  "notPermitted",
  "unknownTerminal",
  "unknownGroup",
  "notSupported",
  "terminalPaused",
  "terminalDisabled",
  "terminalBusy",
  "terminalOffline",
  "noTerminalFree",
] as const;

/** Why a payment was not begun: nothing was sent to any terminal. */
export interface PaymentRefusal {
  readonly refused: (typeof PAYMENT_REFUSALS)[number];
  /** The member of the request that it is about. */
  readonly field?: string;
  /** The payments that stand in the way: to be looked at, or named in `overrides`. */
  readonly payments?: readonly PaymentId[];
  readonly terminal?: TerminalId;
  readonly because?: string;
  /** RFC 3339: when it ends by itself. */
  readonly until?: string;
}

const OF_CLAIM: Readonly<Record<ClaimRefusal["refused"], Pick<PaymentRefusal, "refused" | "field">>> = {
  unknownTerminal: { refused: "unknownTerminal", field: "terminal" },
  unknownGroup: { refused: "unknownGroup", field: "group" },
  notSupported: { refused: "notSupported", field: "kind" },
  paused: { refused: "terminalPaused", field: "terminal" },
  disabled: { refused: "terminalDisabled", field: "terminal" },
  busy: { refused: "terminalBusy", field: "terminal" },
  offline: { refused: "terminalOffline", field: "terminal" },
  noneFree: { refused: "noTerminalFree", field: "group" },
};

export function refusalOf({ refused, ...more }: ClaimRefusal): PaymentRefusal {
  return { ...OF_CLAIM[refused], ...more };
}
