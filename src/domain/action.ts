import type { TerminalId } from "./terminal.ts";

export const TERMINAL_ACTIONS = ["pause", "resume", "selftest", "settle", "diagnose", "replace"] as const;
export type TerminalAction = (typeof TERMINAL_ACTIONS)[number];

/** Body of an `action` record: what somebody had tillgate do, who and why. Written before it is done. */
export interface ActionRecord {
  readonly action: TerminalAction;
  readonly terminal: TerminalId;
  /** A person's name, or a rule's. */
  readonly who: string;
  readonly reason: string;
  readonly by: "technician" | "hq" | "rule";
  /** RFC 3339; of a pause. */
  readonly until?: string;
  /** Of a replacement: the terminal that takes over. */
  readonly newTerminal?: TerminalId;
}
