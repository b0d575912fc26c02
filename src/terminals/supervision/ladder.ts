import type { DeviceRecovery } from "../../domain/device.ts";
import { backoff } from "../../runtime/backoff.ts";
import type { SupervisionPolicy } from "./policy.ts";

/** How far the attempts to mend a terminal have gone since it was last stable. Monotonic ms. */
export interface Ladder {
  /** Links that were opened or tried since. */
  readonly reopens: number;
  /** Of them since the driver was made. */
  readonly reopensOfDriver: number;
  readonly softResets: number;
  readonly softResetAtMs?: number;
  readonly restarts: number;
  readonly restartAtMs?: number;
  readonly settleAtMs?: number;
}

export const BOTTOM: Ladder = { reopens: 0, reopensOfDriver: 0, softResets: 0, restarts: 0 };

/** The delay is at its ceiling long before. */
const MOST_DOUBLINGS = 16;

export function reopened(ladder: Ladder): Ladder {
  return { ...ladder, reopens: ladder.reopens + 1, reopensOfDriver: ladder.reopensOfDriver + 1 };
}

/** @param random  0 ≤ x < 1. */
export function reopenDelay({ reopens }: Ladder, { reopen }: SupervisionPolicy, random: number): number {
  const delays = backoff(reopen, () => random);
  for (let skipped = 1; skipped < Math.min(reopens, MOST_DOUBLINGS); skipped += 1) delays.next();
  return delays.next().value;
}

function isOver(sinceMs: number | undefined, coolDownMs: number, nowMs: number): boolean {
  return sinceMs === undefined || nowMs - sinceMs >= coolDownMs;
}

function doubled(ms: number, times: number): number {
  return ms * 2 ** Math.min(times, MOST_DOUBLINGS);
}

/** The step that a condition asks for, where this terminal has it and it was not tried too often or just now. */
export function softResetFor(
  remedy: string | undefined,
  recoveries: ReadonlySet<DeviceRecovery>,
  ladder: Ladder,
  policy: SupervisionPolicy,
  nowMs: number,
): DeviceRecovery | undefined {
  const step = [...recoveries].find((one) => one === remedy);
  if (step === undefined || ladder.softResets >= policy.softResets) return undefined;
  const coolDownMs = doubled(policy.softResetCoolDownMs, Math.max(ladder.softResets - 1, 0));
  return isOver(ladder.softResetAtMs, coolDownMs, nowMs) ? step : undefined;
}

export function softReset(ladder: Ladder, nowMs: number): Ladder {
  return { ...ladder, softResets: ladder.softResets + 1, softResetAtMs: nowMs };
}

export function mayRestart(ladder: Ladder, policy: SupervisionPolicy, nowMs: number): boolean {
  if (ladder.reopensOfDriver < policy.restartAfter) return false;
  const coolDownMs = Math.min(
    doubled(policy.restartCoolDownMs, Math.max(ladder.restarts - 1, 0)),
    policy.restartCoolDownMaxMs,
  );
  return isOver(ladder.restartAtMs, coolDownMs, nowMs);
}

export function restarted(ladder: Ladder, nowMs: number): Ladder {
  return { ...ladder, reopensOfDriver: 0, restarts: ladder.restarts + 1, restartAtMs: nowMs };
}

export function maySettle(ladder: Ladder, policy: SupervisionPolicy, nowMs: number): boolean {
  return policy.autoSettle && isOver(ladder.settleAtMs, policy.settleCoolDownMs, nowMs);
}
