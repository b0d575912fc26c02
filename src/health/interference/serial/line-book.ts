import { LINE_COUNTERS } from "../../../domain/line-counters.ts";
import type { LineCounts } from "../../../domain/line-view.ts";
import type { Counters } from "../counters.ts";

export interface LineReading {
  /** ms, monotonic. */
  readonly at: number;
  /** Of the driver and its supervision, since they were made. Those that it does not need are left alone. */
  readonly counters: Counters;
  /** 0 is Monday's first hour in the shop's time, 167 Sunday's last. Absent while the clock is not to be believed. */
  readonly hourOfWeek?: number;
  /** Share of the time since the reading before in which this process was busy, 0..1. */
  readonly busy?: number;
}

/** What was counted in one minute or hour. */
interface Bucket {
  /** Minutes or hours, monotonic. */
  readonly index: number;
  readonly counts: Counters;
}

/** What is known of one line: by minute for an hour, by hour for a day, by hour of the week since start. */
export interface LineBook {
  readonly last: Counters;
  readonly minutes: readonly Bucket[];
  readonly hours: readonly Bucket[];
  /** Frames and spoilt frames by hour of the week. */
  readonly week: Readonly<Record<number, Counters>>;
  /** When counters began anew, within the last hour. ms, monotonic. */
  readonly restarts: readonly number[];
  /** A frame has ever been understood: the line's settings are right. */
  readonly hasWorked: boolean;
}

export const EMPTY_BOOK: LineBook = { last: {}, minutes: [], hours: [], week: {}, restarts: [], hasWorked: false };

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const MINUTES = 60;
const HOURS = 24;
/** From here on this process may fetch bytes later than the terminal allows between two of them. 0..1. */
const BUSY_FROM = 0.8;

const NAMES = [...Object.keys(LINE_COUNTERS), "bytesIn", "linksLost"];

/** With one more reading. */
export function entered(book: LineBook, { at, counters, hourOfWeek, busy = 0 }: LineReading): LineBook {
  const { step, isAnew } = stepOf(book.last, counters);
  const spoilt = spoiltIn(step);
  const counts = busy >= BUSY_FROM && spoilt > 0 ? { ...step, spoiltWhileBusy: spoilt } : step;
  const frames = framesIn(step);
  return {
    last: counters,
    minutes: withCounts(book.minutes, Math.floor(at / MINUTE_MS), counts, MINUTES),
    hours: withCounts(book.hours, Math.floor(at / HOUR_MS), counts, HOURS),
    week:
      hourOfWeek === undefined || frames === 0
        ? book.week
        : { ...book.week, [hourOfWeek]: sum(book.week[hourOfWeek] ?? {}, { frames, spoilt }) },
    restarts: [...book.restarts, ...(isAnew ? [at] : [])].filter((one) => at - one < HOUR_MS),
    hasWorked: book.hasWorked || (step["framesReceived"] ?? 0) > 0,
  };
}

/** Minute by minute, the oldest first, those of the last so many and the present one. */
export function lastMinutes({ minutes }: LineBook, count: number, at: number): readonly Counters[] {
  const from = Math.floor(at / MINUTE_MS) - count;
  return minutes.filter(({ index }) => index > from).map(({ counts }) => counts);
}

export function lastHour(book: LineBook, at: number): LineCounts {
  return countsOf(lastMinutes(book, MINUTES, at));
}

export function lastDay({ hours }: LineBook, at: number): LineCounts {
  const from = Math.floor(at / HOUR_MS) - HOURS;
  return countsOf(hours.filter(({ index }) => index > from).map(({ counts }) => counts));
}

/** Frames that came and could not be read. What NAKs of the terminal tell is the other direction. */
export function spoiltIn(counts: Counters): number {
  return (counts["checksumFaults"] ?? 0) + (counts["truncatedFrames"] ?? 0);
}

/** All that came, spoilt ones too. */
export function framesIn(counts: Counters): number {
  return (counts["framesReceived"] ?? 0) + spoiltIn(counts);
}

export function total(steps: readonly Counters[]): Counters {
  return steps.reduce(sum, {});
}

/** A counter that went back began anew at zero, as it does with a new driver: what it shows has come since. */
function stepOf(before: Counters, now: Counters): { readonly step: Counters; readonly isAnew: boolean } {
  const step: Record<string, number> = {};
  let isAnew = false;
  for (const name of NAMES) {
    const value = now[name];
    if (value === undefined) continue;
    const old = before[name] ?? 0;
    if (value < old) isAnew = true;
    step[name] = value < old ? value : value - old;
  }
  return { step, isAnew };
}

function withCounts(buckets: readonly Bucket[], index: number, counts: Counters, most: number): readonly Bucket[] {
  const newest = buckets.at(-1);
  if (newest?.index === index) return [...buckets.slice(0, -1), { index, counts: sum(newest.counts, counts) }];
  return [...buckets, { index, counts }].slice(-most);
}

function sum(a: Counters, b: Counters): Counters {
  const all: Record<string, number> = { ...a };
  for (const [name, value] of Object.entries(b)) all[name] = (all[name] ?? 0) + value;
  return all;
}

function countsOf(steps: readonly Counters[]): LineCounts {
  const counts = total(steps);
  const of = (name: string): number => counts[name] ?? 0;
  return {
    framesReceived: of("framesReceived"),
    framesSent: of("framesSent"),
    acksReceived: of("acksReceived"),
    naksReceived: of("naksReceived"),
    naksSent: of("naksSent"),
    retransmits: of("retransmits"),
    checksumFaults: of("checksumFaults"),
    truncatedFrames: of("truncatedFrames"),
    oversizedFrames: of("oversizedFrames"),
    garbageBytes: of("garbageBytes"),
    linksLost: of("linksLost"),
  };
}
