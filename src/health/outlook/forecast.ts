import { type Calendar, isOpen, specialDay } from "./calendar.ts";
import type { ShopTime, ShopZone } from "./shop-time.ts";
import { HOUR_MS, hourOf, type OutlookState, SHOP } from "./state.ts";

/** Payments of one coming hour. */
export interface HourForecast {
  /** When it begins, ms. */
  readonly from: number;
  readonly expected: number;
  /** The least and the most that this hour of the week has seen, as the day makes of it. */
  readonly low: number;
  readonly high: number;
}

export interface ForecastInput {
  /** Wall clock, ms. */
  readonly now: number;
  readonly zone: ShopZone;
  readonly calendar: Calendar;
}

/** A week counts so much of the week after it. */
const FADES = 0.85;
/** Of one hour of the week. */
const SEEN_LEAST = 3;
const AHEAD_HOURS = 24;
/** Payments that earlier days of a promotion should have had, before they say more than the config. */
const LEARNS_FROM = 50;
/** A day differs from others of its weekday by so much without any cause: a starting value. Share. */
const DAY_TO_DAY = 0.15;
/** Standard deviations from where on today is another day than usual. */
const UNUSUAL = 3;

interface Usual {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** The next 24 hours as far as the history says something of them; none for a shop that is closed. */
export function forecast(state: OutlookState, input: ForecastInput): readonly HourForecast[] {
  const { now, zone, calendar } = input;
  const usual = usualHours(state, input);
  const today = zone.at(hourOf(now)).day;
  const learned = new Map<string, number>();
  const factor = (day: string): number => {
    const special = specialDay(calendar, day);
    if (special === undefined) return 1;
    const known = learned.get(special.name) ?? learnedLoad(state, special, usual, input);
    learned.set(special.name, known);
    return known;
  };
  const level = levelOf(state, today, usual, factor, input);
  return Array.from({ length: AHEAD_HOURS }, (_, ahead) => hourOf(now) + ahead * HOUR_MS).flatMap((from) => {
    const time = zone.at(from);
    const found = usual.get(hourOfWeek(time));
    if (found === undefined || !isOpen(calendar, time)) return [];
    const times = factor(time.day) * (time.day === today ? level : 1);
    return [{ from, expected: found.mean * times, low: found.low * times, high: found.high * times }];
  });
}

function hourOfWeek({ weekday, hour }: ShopTime): number {
  return weekday * 24 + hour;
}

function payments(state: OutlookState, hour: number): number {
  return state.hours.get(hour)?.get(SHOP)?.payments ?? 0;
}

/** Whole hours of the history, in order. */
function pastHours(state: OutlookState, now: number): readonly number[] {
  const oldest = Math.min(...state.hours.keys());
  if (!Number.isFinite(oldest)) return [];
  return Array.from({ length: Math.max(0, (hourOf(now) - oldest) / HOUR_MS) }, (_, n) => oldest + n * HOUR_MS);
}

/** By hour of the week. Special days tell nothing usual, nor do days without a payment: closed, or tillgate was off. */
function usualHours(state: OutlookState, { now, zone, calendar }: ForecastInput): ReadonlyMap<number, Usual> {
  const hours = pastHours(state, now);
  const today = zone.at(hourOf(now)).day;
  const sold = new Set(hours.filter((hour) => payments(state, hour) > 0).map((hour) => zone.at(hour).day));
  const seen = new Map<number, { readonly count: number; readonly weight: number }[]>();
  for (const hour of hours) {
    const time = zone.at(hour);
    if (time.day === today || !sold.has(time.day) || specialDay(calendar, time.day) !== undefined) continue;
    const weight = FADES ** ((now - hour) / (7 * 24 * HOUR_MS));
    const list = seen.get(hourOfWeek(time)) ?? [];
    list.push({ count: payments(state, hour), weight });
    seen.set(hourOfWeek(time), list);
  }
  return new Map(
    [...seen].flatMap(([key, list]) => {
      if (list.length < SEEN_LEAST || list.every(({ count }) => count === 0)) return [];
      const counts = list.map(({ count }) => count);
      const weights = list.reduce((all, { weight }) => all + weight, 0);
      const mean = list.reduce((all, { count, weight }) => all + count * weight, 0) / weights;
      return [[key, { mean, low: Math.min(...counts), high: Math.max(...counts) }] as const];
    }),
  );
}

/** From earlier days of the same name, else as the config has it. */
function learnedLoad(
  state: OutlookState,
  { name, load }: { readonly name: string; readonly load: number },
  usual: ReadonlyMap<number, Usual>,
  { now, zone, calendar }: ForecastInput,
): number {
  const today = zone.at(hourOf(now)).day;
  let sold = 0;
  let expected = 0;
  for (const hour of pastHours(state, now)) {
    const time = zone.at(hour);
    if (time.day >= today || specialDay(calendar, time.day)?.name !== name) continue;
    sold += payments(state, hour);
    expected += usual.get(hourOfWeek(time))?.mean ?? 0;
  }
  return expected < LEARNS_FROM || sold === 0 ? load : sold / expected;
}

/** How many times the forecast today's hours were so far; 1 unless it is surely another day than forecast. */
function levelOf(
  state: OutlookState,
  today: string,
  usual: ReadonlyMap<number, Usual>,
  factor: (day: string) => number,
  { now, zone }: ForecastInput,
): number {
  let sold = 0;
  let expected = 0;
  for (const hour of pastHours(state, now).slice(-26)) {
    const time = zone.at(hour);
    if (time.day !== today) continue;
    sold += payments(state, hour);
    expected += (usual.get(hourOfWeek(time))?.mean ?? 0) * factor(today);
  }
  const deviation = Math.sqrt(expected + (DAY_TO_DAY * expected) ** 2);
  return expected === 0 || Math.abs(sold - expected) <= UNUSUAL * deviation ? 1 : sold / expected;
}
