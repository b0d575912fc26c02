/** How finely a past is told. */
export const HISTORY_STEPS = ["minute", "hour"] as const;
export type HistoryStep = (typeof HISTORY_STEPS)[number];

/** ms. */
export const STEP_MS = { minute: 60_000, hour: 3_600_000 } as const satisfies Record<HistoryStep, number>;
const MINUTES = 60;

/** What was measured in a piece of time: nothing measured is no aggregate, never zeros. */
export interface Aggregate {
  readonly count: number;
  readonly min: number;
  readonly mean: number;
  readonly max: number;
}

export interface HistoryPoint extends Aggregate {
  /** Beginning of the minute or hour, UTC, ms since 1970. */
  readonly at: number;
  /** The clock of then was not known to be right. */
  readonly undated?: true;
}

export interface HistoryQuery {
  readonly series: string;
  /** ms since 1970; points that begin from here on. */
  readonly from: number;
  /** ms since 1970; not included. */
  readonly to: number;
  readonly step: HistoryStep;
}

/** One hour of one series, by its minutes 0..59. */
export interface HistoryHour {
  readonly series: string;
  /** Hours since 1970, UTC. */
  readonly hour: number;
  readonly isUndated: boolean;
  readonly minutes: ReadonlyMap<number, Aggregate>;
}

/** What is kept of a series. Both ms since 1970: the first minute or hour, and the newest. */
export interface SeriesSpan {
  readonly series: string;
  readonly first: number;
  readonly last: number;
}

/** All series that have a past here. */
export interface StoredSeries {
  readonly series: readonly SeriesSpan[];
  /** Rows of one series and hour that made room for others. */
  readonly dropped: number;
}

export function single(value: number): Aggregate {
  return { count: 1, min: value, mean: value, max: value };
}

/** Both together, the mean weighed by the counts. */
export function merged(a: Aggregate | undefined, b: Aggregate): Aggregate {
  if (a === undefined) return b;
  const count = a.count + b.count;
  return {
    count,
    min: Math.min(a.min, b.min),
    mean: a.mean + ((b.mean - a.mean) * b.count) / count,
    max: Math.max(a.max, b.max),
  };
}

/** `undefined` for none. */
export function wholeOf(minutes: Iterable<Aggregate>): Aggregate | undefined {
  let whole: Aggregate | undefined;
  for (const minute of minutes) whole = merged(whole, minute);
  return whole;
}

/** The points that a query wants of these hours. Gaps stay gaps. */
export function pointsOf(hours: Iterable<HistoryHour>, { series, from, to, step }: HistoryQuery): HistoryPoint[] {
  const points: HistoryPoint[] = [];
  for (const { series: its, hour, minutes, isUndated } of hours) {
    if (its !== series) continue;
    const mark = isUndated ? { undated: true as const } : {};
    const begins = hour * STEP_MS.hour;
    const whole = wholeOf(minutes.values());
    if (step === "minute") {
      for (const [minute, aggregate] of minutes)
        points.push({ at: begins + minute * STEP_MS.minute, ...aggregate, ...mark });
    } else if (whole !== undefined) points.push({ at: begins, ...whole, ...mark });
  }
  return points.filter(({ at }) => at >= from && at < to);
}

/** Points of the same time become one; in order of time. */
export function joined(...lists: readonly (readonly HistoryPoint[])[]): readonly HistoryPoint[] {
  const all = new Map<number, HistoryPoint>();
  for (const point of lists.flat()) {
    const other = all.get(point.at);
    const isUndated = point.undated === true || other?.undated === true;
    all.set(point.at, { at: point.at, ...merged(other, point), ...(isUndated ? { undated: true } : {}) });
  }
  return [...all.values()].toSorted((a, b) => a.at - b.at);
}

/** Which hour, and which of its minutes. @param at  ms since 1970. */
export function placeOf(at: number): { readonly hour: number; readonly minute: number } {
  const minutes = Math.floor(at / STEP_MS.minute);
  const hour = Math.floor(minutes / MINUTES);
  return { hour, minute: minutes - hour * MINUTES };
}
