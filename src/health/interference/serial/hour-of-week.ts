import type { Instant } from "../../../domain/clock.ts";

const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** Tells the hour of the week of a time, 0..167, from Monday's first. @param timezone  IANA name, the shop's. */
export function hoursOfWeek(timezone: string): (at: Instant) => number {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: timezone,
    weekday: "short",
    hour: "2-digit",
    hourCycle: "h23",
  });
  return (at) => {
    const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
    const day = WEEKDAYS.indexOf(parts.get("weekday") ?? "");
    return Math.max(day, 0) * 24 + Number(parts.get("hour") ?? 0);
  };
}
