import type { Instant } from "../../domain/clock.ts";

/** A moment as the clock on the shop's wall shows it. */
export interface LocalTime {
  /** `2026-01-31`. */
  readonly date: string;
  /** Since midnight. */
  readonly minutes: number;
}

const FORMATS = new Map<string, Intl.DateTimeFormat>();

/** @param zone  An IANA time zone, which the config has checked. @throws RangeError for one that is not known here. */
export function localTime(at: Instant, zone: string): LocalTime {
  let format = FORMATS.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-CA", {
      timeZone: zone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
    FORMATS.set(zone, format);
  }
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
  const part = (name: Intl.DateTimeFormatPartTypes): string => parts.get(name) ?? "0";
  return {
    date: `${part("year")}-${part("month")}-${part("day")}`,
    minutes: Number(part("hour")) * 60 + Number(part("minute")),
  };
}

const TIME = /^([01][0-9]|2[0-3]):([0-5][0-9])$/;

/** `23:30` as minutes since midnight; `undefined` for what is no time of day. */
export function minutesOfDay(text: string): number | undefined {
  const [, hours, minutes] = TIME.exec(text) ?? [];
  return hours === undefined || minutes === undefined ? undefined : Number(hours) * 60 + Number(minutes);
}

/** Whole days from one calendar day to another; negative when `to` is earlier. Both as `2026-01-31`. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000);
}
