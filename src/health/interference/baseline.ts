import { type Figures, type FigureSpec, type FigureSpecs, known, median } from "./figures.ts";

/** What one figure of one channel usually is: the medians of a week's hours, and the present hour's values. */
interface Memory {
  readonly hours: readonly number[];
  readonly present: readonly number[];
  readonly presentSince: number;
}

export type Baseline = Readonly<Record<string, Memory>>;

export const NOTHING_LEARNT: Baseline = {};

const HOUR_MS = 3_600_000;
/** A week of hours that were looked at. */
const HOURS = 168;
/** A look each second fills an hour sooner. */
const VALUES = 240;
/** Utilisation alone swings by 30 to 55 points: fewer looks tell nothing of what is usual (link-health.md 2.3). */
const ENOUGH = 12;
/** From here on whole hours are compared, so that a bad quarter of an hour does not become usual. */
const ENOUGH_HOURS = 6;
/** Median absolute deviations that make a standard deviation, and standard deviations that make a rise. */
const SCALE = 1.4826;
const RISE_AT = 4;

/** @param at  ms, monotonic. */
export function learnt(before: Baseline, figures: Figures, specs: FigureSpecs, at: number): Baseline {
  const next: Record<string, Memory> = { ...before };
  for (const name of Object.keys(specs)) {
    const value = figures[name];
    if (value !== undefined) next[name] = withValue(before[name], value, at);
  }
  return next;
}

/** The usual value of each figure that enough is known of. */
export function usualOf(baseline: Baseline): Figures {
  return known(Object.fromEntries(Object.entries(baseline).map(([name, memory]) => [name, median(poolOf(memory))])));
}

/** Figures that are now much worse than usual here. None while nothing is known of what is usual. */
export function risenFigures(baseline: Baseline, figures: Figures, specs: FigureSpecs): readonly string[] {
  return Object.entries(specs).flatMap(([name, spec]) => {
    const memory = baseline[name];
    const value = figures[name];
    return memory !== undefined && value !== undefined && isRisen(poolOf(memory), value, spec) ? [name] : [];
  });
}

function isRisen(pool: readonly number[], value: number, { worse, step }: FigureSpec): boolean {
  const middle = median(pool);
  if (middle === undefined) return false;
  const spread = median(pool.map((one) => Math.abs(one - middle))) ?? 0;
  const change = worse === "up" ? value - middle : middle - value;
  return change >= Math.max(RISE_AT * SCALE * spread, step);
}

function poolOf({ hours, present }: Memory): readonly number[] {
  if (hours.length >= ENOUGH_HOURS) return hours;
  const pool = [...hours, ...present];
  return hours.length === 0 && present.length < ENOUGH ? [] : pool;
}

function withValue(before: Memory | undefined, value: number, at: number): Memory {
  if (before === undefined) return { hours: [], present: [value], presentSince: at };
  const { hours, present, presentSince } = before;
  if (at - presentSince < HOUR_MS && present.length < VALUES) return { ...before, present: [...present, value] };
  const closed = present.length < ENOUGH ? [] : [median(present) ?? value];
  return { hours: [...hours, ...closed].slice(-HOURS), present: [value], presentSince: at };
}
