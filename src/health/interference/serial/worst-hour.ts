import type { WorstHour } from "../../../domain/line-view.ts";
import { median } from "../figures.ts";
import type { LineBook } from "./line-book.ts";

/** An hour of the week with fewer frames is not compared. */
const ENOUGH_FRAMES = 50;
/** With fewer hours there is no usual one. */
const ENOUGH_HOURS = 12;
const HOURS_A_DAY = 24;

/** Errors that come with what is switched on at some hour are the strongest sign of interference (link-health.md 3.4). */
export function worstHour({ week }: LineBook): WorstHour | undefined {
  const rates = Object.entries(week).flatMap(([hour, { frames = 0, spoilt = 0 }]) =>
    frames < ENOUGH_FRAMES ? [] : [{ hour: Number(hour), rate: spoilt / frames }],
  );
  const [worst] = rates.toSorted((a, b) => b.rate - a.rate);
  if (worst === undefined || worst.rate === 0) return undefined;
  const usual = rates.length < ENOUGH_HOURS ? undefined : median(rates.map(({ rate }) => rate));
  return {
    weekday: Math.floor(worst.hour / HOURS_A_DAY) + 1,
    hour: worst.hour % HOURS_A_DAY,
    errorRate: rounded(worst.rate, 4),
    ...(usual === undefined || usual === 0 ? {} : { timesMedian: rounded(worst.rate / usual, 1) }),
  };
}

/** Whether errors gather in some hours of the week. `undefined`: too few hours are known. */
export function hasPeak(book: LineBook): boolean | undefined {
  const known = Object.values(book.week).filter(({ frames = 0 }) => frames >= ENOUGH_FRAMES).length;
  if (known < ENOUGH_HOURS) return undefined;
  const worst = worstHour(book);
  // With a median of 0 most hours are clean, and the worst one stands out by itself.
  return worst !== undefined && (worst.timesMedian === undefined || worst.timesMedian >= PEAK);
}

/** Starting value: how often the median hour's rate makes a peak. */
const PEAK = 3;

function rounded(value: number, digits: number): number {
  const unit = 10 ** digits;
  return Math.round(value * unit) / unit;
}
