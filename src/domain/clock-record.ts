/** What a `clock` record tells of. */
export const CLOCK_EVENTS = ["started", "synchronised", "stepped", "lost"] as const;
export type ClockEvent = (typeof CLOCK_EVENTS)[number];

/**
 * Body of a `clock` record. What re-dates earlier records is not in here: it is the `at` and `clock` of the envelope
 * around a `synchronised` one, which were taken at the same moment.
 */
export interface ClockRecord {
  readonly event: ClockEvent;
  /** RFC 3339, this machine's belief. */
  readonly at: string;
  /** Of tillgate, with `started`. */
  readonly version?: string;
  /**
   * With `stepped`: ms by which the wall clock moved against the monotonic one, up to 10 s before this record.
   * Positive when it was set forward. A machine that slept seems to have been set forward too.
   */
  readonly byMs?: number;
}

/** `undefined` for a record of another kind, or with a body that we do not know. @param envelope  Parsed, not trusted. */
export function clockRecordOf(envelope: { readonly kind?: unknown; readonly body?: unknown }): ClockRecord | undefined {
  return envelope.kind === "clock" && isClockRecord(envelope.body) ? envelope.body : undefined;
}

function isClockRecord(body: unknown): body is ClockRecord {
  if (typeof body !== "object" || body === null || !("event" in body)) return false;
  if (!CLOCK_EVENTS.some((known) => known === body.event)) return false;
  return body.event !== "stepped" || ("byMs" in body && typeof body.byMs === "number");
}
