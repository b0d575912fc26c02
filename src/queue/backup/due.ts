import type { Instant } from "../../domain/clock.ts";
import type { Seq } from "../../domain/record.ts";

/** The newest backup of this ledger. */
export interface LastBackup {
  readonly head: Seq;
  /** Absent when its clock was not known to be right. */
  readonly takenAt?: Instant;
  /** By the monotonic clock: of one that this process made. */
  readonly madeAtMs?: number;
}

export interface Moment {
  readonly at: Instant;
  readonly synced: boolean;
  readonly monotonicMs: number;
  /** The ledger's newest record. */
  readonly head: Seq;
}

/** Where no clock tells how old the newest backup is: half a small shop's day. */
const RECORDS_WITHOUT_CLOCK = 500;

/** ms; `undefined` when no clock that can be trusted tells. */
export function ageOf({ takenAt, madeAtMs }: LastBackup, now: Moment): number | undefined {
  if (madeAtMs !== undefined) return now.monotonicMs - madeAtMs;
  return takenAt !== undefined && now.synced ? now.at - takenAt : undefined;
}

/**
 * Whether a backup should be made now.
 *
 * @param runningMs  Since this process began: one that never sets its clock makes one every so often all the same.
 */
export function isDue(last: LastBackup | undefined, now: Moment, everyMs: number, runningMs: number): boolean {
  if (last === undefined) return true;
  if (last.head === now.head) return false;
  const age = ageOf(last, now);
  // One from the future was dated by a clock that was wrong after all.
  if (age !== undefined && age >= 0) return age >= everyMs;
  return now.head - last.head >= RECORDS_WITHOUT_CLOCK || runningMs >= everyMs;
}
