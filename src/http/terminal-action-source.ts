import type { z } from "zod";
import type { terminalActionResult } from "../contract/terminal-actions.ts";
import type { TerminalAction } from "../domain/action.ts";
import type { Instant } from "../domain/clock.ts";
import type { TerminalId } from "../domain/terminal.ts";

export interface TerminalActionRequest {
  readonly action: TerminalAction;
  readonly terminal: TerminalId;
  readonly who: string;
  readonly reason: string;
  readonly until?: Instant;
  readonly serial?: string;
  readonly answers?: Readonly<Record<string, boolean>>;
  readonly newTerminal?: TerminalId;
}

/** Why nothing was done. */
export interface TerminalActionRefusal {
  readonly refused:
    | "unknownTerminal"
    | "unknownGroup"
    | "severalMerchants"
    | "notSupported"
    | "wrongCurrency"
    | "paused"
    | "disabled"
    | "busy"
    | "offline"
    | "noneFree"
    | "notPaused"
    | "pausedByConfig"
    | "wrongTerminal"
    | "blocked"
    | "notRecorded";
  readonly because?: string;
  /** RFC 3339. */
  readonly until?: string;
  readonly blocks?: readonly {
    readonly what: string;
    readonly count?: number;
    readonly remedy: { readonly en: string; readonly zh: string };
  }[];
}

export type TerminalActionOutcome = { readonly done: z.input<typeof terminalActionResult> } | TerminalActionRefusal;

/** Whoever can do something with the shop's terminals; the composition root connects it. */
export interface TerminalActionSource {
  /** Goes on to its end, also when nobody waits for it any more. */
  act(request: TerminalActionRequest): Promise<TerminalActionOutcome>;
}
