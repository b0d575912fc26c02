import type { DeviceAbilities, DeviceSession } from "../domain/device.ts";
import type { Currency } from "../domain/money.ts";
import type { PaymentKind } from "../domain/payment.ts";
import type { TerminalId } from "../domain/terminal.ts";

/** One terminal, taken for one job: nobody else uses it until this is disposed of. */
export interface TerminalClaim extends Disposable {
  readonly terminal: TerminalId;
  readonly abilities: DeviceAbilities;
  readonly session: DeviceSession;
}

export const CLAIM_REFUSALS = [
  "unknownTerminal",
  "unknownGroup",
  /** Terminals of more than one merchant could take it, and the order does not say whom the customer pays. */
  "severalMerchants",
  "notSupported",
  /** It takes payments in other currencies only. */
  "wrongCurrency",
  "paused",
  "disabled",
  "busy",
  "offline",
  /** The terminals of the group are there, and none of them can be had now. */
  "noneFree",
] as const;

/** Why a terminal cannot be had, and nothing was sent to it. */
export interface ClaimRefusal {
  readonly refused: (typeof CLAIM_REFUSALS)[number];
  readonly terminal?: TerminalId;
  /** E.g. why it is paused. */
  readonly because?: string;
  /** RFC 3339: when it ends by itself, where that is known. */
  readonly until?: string;
}

export interface Wanted {
  readonly terminal?: TerminalId;
  readonly group?: string;
  readonly currency?: Currency;
}

/** The shop's driven terminals, as those see them who want to use one. */
export interface TerminalClaims {
  /**
   * For an order. By name, by group, or any terminal that can; a standby only where the terminal that it stands in for
   * cannot be had. Takes effect at once, without waiting.
   */
  claim(wanted: Wanted, kind: PaymentKind): TerminalClaim | ClaimRefusal;
  /** To ask it about what was: also while it is paused. */
  claimToAsk(terminal: TerminalId): TerminalClaim | ClaimRefusal;
  /** Resolves when the terminal can be asked; rejects with the signal's reason. */
  reachable(terminal: TerminalId, signal: AbortSignal): Promise<void>;
}
