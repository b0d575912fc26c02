import type { ShopTime } from "./shop-time.ts";

interface Days {
  readonly name: string;
  /** First and last day, `2026-11-11`. */
  readonly from: string;
  readonly to: string;
  /** Times a usual day's payments. */
  readonly load: number;
}

/** The shop's days as its config has them. */
export interface Calendar {
  readonly promotions: readonly Days[];
  readonly holidays: readonly Days[];
  /** `09:00` to `22:00`. None: always. */
  readonly openingHours: readonly { readonly days: readonly string[]; readonly from: string; readonly to: string }[];
}

const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/** What makes a day unlike others; of several promotions the strongest. */
export function specialDay({ promotions, holidays }: Calendar, day: string): Days | undefined {
  const covers = ({ from, to }: Days): boolean => from <= day && day <= to;
  const [strongest] = promotions.filter(covers).toSorted((a, b) => b.load - a.load);
  return strongest ?? holidays.find(covers);
}

/** Some of the hour that begins then lies within the opening hours. */
export function isOpen({ openingHours }: Calendar, { weekday, hour, minute }: ShopTime): boolean {
  if (openingHours.length === 0) return true;
  const begins = hour * 60 + minute;
  return openingHours.some(
    ({ days, from, to }) =>
      days.some((name) => name === WEEKDAYS[weekday]) && minutes(from) < begins + 60 && begins < minutes(to),
  );
}

function minutes(time: string): number {
  const [hours = 0, rest = 0] = time.split(":").map(Number);
  return hours * 60 + rest;
}
