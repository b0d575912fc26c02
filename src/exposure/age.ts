import type { Moment } from "../domain/clock.ts";
import type { BootTimes } from "../domain/redate.ts";

export interface Age {
  readonly ms: number;
  /** It is at least that old: no clock tells more. */
  readonly isAtLeast: boolean;
}

/**
 * How long ago something was. Within one boot the monotonic clock tells, right wall time or not. Across boots the wall
 * clock does where it was right both times; else all that is certain is that this boot has lasted since.
 */
export function ageOf(since: Moment, now: Moment, times: BootTimes): Age {
  if (since.clock.bootId === now.clock.bootId) {
    return { ms: Math.max(now.clock.monotonicMs - since.clock.monotonicMs, 0), isAtLeast: false };
  }
  const { at, basis } = times.dated(since);
  if (now.clock.synced && basis !== "unknown") return { ms: Math.max(now.at - at, 0), isAtLeast: false };
  return { ms: now.clock.monotonicMs, isAtLeast: true };
}
