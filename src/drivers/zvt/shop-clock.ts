import type { Instant } from "../../domain/clock.ts";

/** The shop's date and time as the terminal wants them: YYMMDD and hhmmss. */
export function shopTime(at: Instant, timezone: string): { readonly date: string; readonly time: string } {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: timezone,
    year: "2-digit",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  }).formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.find((each) => each.type === type)?.value ?? "00";
  return {
    date: `${part("year")}${part("month")}${part("day")}`,
    time: `${part("hour")}${part("minute")}${part("second")}`,
  };
}
