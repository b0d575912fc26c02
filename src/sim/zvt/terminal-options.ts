import type { Clock } from "../../runtime/clock.ts";
import type { Log } from "../../runtime/log.ts";
import type { ZvtStep } from "./conduct.ts";
import type { ZvtHabits } from "./habits.ts";
import type { ZvtIdentity } from "./identity.ts";
import type { LineTimes } from "./line.ts";
import type { ZvtTimes } from "./talk.ts";
import type { TillCommand } from "./till-command.ts";

export interface ZvtTerminalOptions {
  readonly identity?: Partial<ZvtIdentity>;
  /** Its number in ISO 4217. Default 978, the euro. */
  readonly currency?: number;
  /** Defaults in `USUAL_TIMES`. */
  readonly times?: Partial<ZvtTimes & LineTimes>;
  readonly habits?: Partial<ZvtHabits>;
  /** Whether it gives an order up when the till is gone before the host was asked. Default false. */
  readonly needsTill?: boolean;
  /** ms that a failed power stays away. Default 0. */
  readonly powerAwayMs?: number;
  /**
   * Called, and waited for, at each step of each command. At `received` nothing is acknowledged before it returns, and it is
   * not waited for.
   */
  readonly onStep?: (step: ZvtStep, command: TillCommand) => void | Promise<void>;
  readonly clock?: Clock;
  /** 0 ≤ x < 1. */
  readonly random?: () => number;
  readonly log?: Log;
}

export const USUAL_TIMES: ZvtTimes & LineTimes = {
  stepMs: 0,
  answerMs: 5_000,
  againMs: 2_000,
  ackMs: 5_000,
  characterMs: 200,
};

/** What tills did, since the terminal was made. */
export interface ZvtTerminalCounters {
  commands: number;
  /** Commands while another one was running: a till may not. */
  outOfTurn: number;
  /** 06 B0 that came too late, or for nothing. */
  lateAborts: number;
  powerFailures: number;
}
