import type { Instant } from "../../domain/clock.ts";
import { daysBetween, localTime, minutesOfDay } from "./local-time.ts";

/** What of a terminal goes by the clock and the calendar. Times of day are the shop's, `HH:MM`; days are `YYYY-MM-DD`. */
export interface Schedule {
  /** Its end of day is done then: moves money. Absent: never by the clock. */
  readonly settleAt?: string;
  readonly statusAt?: readonly string[];
  readonly diagnoseAt?: readonly string[];
  /** Day by which a technician has to look at it. */
  readonly maintenanceDue?: string;
  /** The oldest software that may stay, as dotted numbers. */
  readonly softwareAtLeast?: string;
  /** Last day of the contract with its acquirer or lessor. */
  readonly contractEnds?: string;
}

export const JOBS = ["settle", "status", "diagnose"] as const;
export type Job = (typeof JOBS)[number];

/** When each was last begun. */
export type LastRuns = Readonly<Partial<Record<Job, Instant>>>;

const DAY_MINUTES = 1_440;
/**
 * A gateway that was off at the time catches up so long; later the shop is in the middle of its day, and people decide.
 */
const CATCH_UP_MINUTES = 360;

/**
 * What is to be done now, the one that moves money first.
 *
 * @param zone  IANA time zone of the shop.
 * @param now.synced  Whether the wall clock is known to be right: while it is not, nothing is due.
 */
export function due(
  now: { readonly at: Instant; readonly synced: boolean },
  schedule: Schedule,
  last: LastRuns,
  zone: string,
): readonly Job[] {
  if (!now.synced) return [];
  const times: Readonly<Record<Job, readonly string[]>> = {
    settle: schedule.settleAt === undefined ? [] : [schedule.settleAt],
    status: schedule.statusAt ?? [],
    diagnose: schedule.diagnoseAt ?? [],
  };
  return JOBS.filter((job) => times[job].some((time) => isDue(time, now.at, last[job], zone)));
}

/** Compared as the clock on the wall shows it: an hour that comes twice, or not at all, changes nothing. */
function isDue(time: string, now: Instant, last: Instant | undefined, zone: string): boolean {
  const minutes = minutesOfDay(time);
  if (minutes === undefined) return false;
  const wall = localTime(now, zone);
  const since = (wall.minutes - minutes + DAY_MINUTES) % DAY_MINUTES;
  if (since >= CATCH_UP_MINUTES) return false;
  // One that lies in the future was begun under a wrong clock.
  if (last === undefined || last > now) return true;
  const done = localTime(last, zone);
  const daysAgo = daysBetween(done.date, wall.date) - (since > wall.minutes ? 1 : 0);
  return daysAgo > 0 || (daysAgo === 0 && done.minutes < minutes);
}
