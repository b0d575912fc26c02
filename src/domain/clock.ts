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

/** When something happened, by both clocks, taken at the same moment. */
export interface Moment {
  readonly at: Instant;
  readonly clock: ClockStamp;
}

/** @throws RangeError unless a finite number. */
export function instant(msSince1970: number): Instant {
  if (!Number.isFinite(msSince1970)) throw new RangeError(`not a time: ${msSince1970}`);
  return msSince1970 as Instant;
}

export function bootId(value: string): BootId {
  return value as BootId;
}

/** As `at` stands in every envelope. */
const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})\.(\d{3})Z$/;
const DAY_MS = 86_400_000;

/** Reads what the ledger writes: RFC 3339 in UTC with milliseconds; `undefined` for any other text. */
export function instantOf(text: string): Instant | undefined {
  const fields = RFC3339.exec(text);
  if (fields === null) return undefined;
  const [year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0, ms = 0] = fields.slice(1).map(Number);
  return instant(daysSince1970(year, month, day) * DAY_MS + ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms);
}

/** Gregorian, counted in years that begin with March, so that the leap day is their last (H. Hinnant, days_from_civil). */
function daysSince1970(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** When a record was written, by its envelope; `undefined` when that does not say it. @param envelope  Parsed, not trusted. */
export function momentOf(envelope: { readonly at?: unknown; readonly clock?: unknown }): Moment | undefined {
  const { at: text, clock } = envelope;
  const at = typeof text === "string" ? instantOf(text) : undefined;
  return at !== undefined && isClockStamp(clock) ? { at, clock } : undefined;
}

function isClockStamp(clock: unknown): clock is ClockStamp {
  if (typeof clock !== "object" || clock === null) return false;
  if (!("bootId" in clock) || !("monotonicMs" in clock) || !("synced" in clock)) return false;
  return typeof clock.bootId === "string" && typeof clock.monotonicMs === "number" && typeof clock.synced === "boolean";
}
