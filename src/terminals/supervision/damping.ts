import type { TerminalState } from "../../domain/terminal.ts";

/** How a terminal is, in the two words that people and records use. */
export interface Shown {
  readonly state: TerminalState;
  /** A stable word; empty where there is nothing to explain. */
  readonly reason: string;
}

/** Records of one terminal's changes of state: so many at once, then one in each interval, however it flaps. */
const BURST = 6;
const ONE_EVERY_MS = 300_000;

/** What the ledger was told, and what it may be told now. Monotonic ms. */
export interface Damping {
  readonly told: Shown;
  readonly left: number;
  readonly filledAtMs: number;
  /** Changes since the last record that were not recorded one by one. */
  readonly suppressed: number;
}

export function undamped(told: Shown, nowMs: number): Damping {
  return { told, left: BURST, filledAtMs: nowMs, suppressed: 0 };
}

/**
 * @param isChange  The terminal has just changed, rather than that time has passed.
 * @returns `tell` with what is to be recorded: from what the ledger knows to what is now, and how many changes it was spared.
 */
export function damped(
  damping: Damping,
  now: Shown,
  isChange: boolean,
  nowMs: number,
): { readonly damping: Damping; readonly tell?: { readonly from: Shown; readonly suppressed: number } } {
  const intervals = Math.floor((nowMs - damping.filledAtMs) / ONE_EVERY_MS);
  const left = Math.min(BURST, damping.left + intervals);
  const filledAtMs = left === BURST ? nowMs : damping.filledAtMs + intervals * ONE_EVERY_MS;
  const filled = { ...damping, left, filledAtMs };
  if (isSame(damping.told, now)) {
    return { damping: isChange ? { ...filled, suppressed: filled.suppressed + 1 } : filled };
  }
  if (left === 0) return { damping: isChange ? { ...filled, suppressed: filled.suppressed + 1 } : filled };
  return {
    damping: { told: now, left: left - 1, filledAtMs, suppressed: 0 },
    tell: { from: damping.told, suppressed: damping.suppressed },
  };
}

/** When something that could not be told yet can be; `undefined` when the ledger knows. */
export function tellAtMs({ told, filledAtMs }: Damping, now: Shown): number | undefined {
  return isSame(told, now) ? undefined : filledAtMs + ONE_EVERY_MS;
}

export function isSame(a: Shown, b: Shown): boolean {
  return a.state === b.state && a.reason === b.reason;
}
