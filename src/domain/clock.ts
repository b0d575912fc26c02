import type { Brand } from "./brand.ts";

/** Wall time in milliseconds since 1970 (UTC). Can be wrong before the clock was synchronised: order by `seq`, not by this. */
export type Instant = Brand<number, "Instant">;

/** Kernel's boot id: monotonic times of two boots cannot be compared. */
export type BootId = Brand<string, "BootId">;

export interface ClockStamp {
  readonly bootId: BootId;
  /** Milliseconds since that boot. */
  readonly monotonicMs: number;
  /** Whether the wall clock was known to be synchronised. Unknown counts as not. */
  readonly synced: boolean;
}

/** @throws RangeError unless a finite number. */
export function instant(msSince1970: number): Instant {
  if (!Number.isFinite(msSince1970)) throw new RangeError(`not a time: ${msSince1970}`);
  return msSince1970 as Instant;
}

export function bootId(value: string): BootId {
  return value as BootId;
}
