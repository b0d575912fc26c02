/** A mean of one day or hour. `time` in ms. */
export interface Point {
  readonly time: number;
  readonly mean: number;
}

/** What must not be reached, and from which side it is come to. */
export interface Limit {
  readonly limit: number;
  readonly side: "high" | "low";
}

const DAY_MS = 86_400_000;
/** Fewer points prove nothing. */
const LEAST = 10;
/** Of the normal distribution, two-sided 0.1 %: many series are looked at every day. */
const CERTAIN = 3.29;
/** Each half must rise by so much of the whole's slope: else it was a step, and a step does not go on. */
const OF_THE_WHOLE = 1 / 4;
/** A fall back of so much of the whole rise is a restart or a repair. */
const FALLS_BACK = 1 / 2;
const NOT_BEYOND_MS = 60 * DAY_MS;
/** Nobody knows for longer ahead than so many times what was watched. */
const TIMES_WATCHED = 3;

/**
 * When a series comes to its limit, if it goes on like this (Theil and Sen: the median of the slopes between all pairs,
 * which a few outliers do not move). At most some hundred points: it looks at every pair.
 *
 * @returns ms; `undefined` unless the slope's sign is certain (Kendall's test, no rank correction for ties, which errs on
 * the side of silence) and the limit lies ahead, within 60 days.
 */
export function crossing(points: readonly Point[], { limit, side }: Limit, now: number): number | undefined {
  const slope = certainSlope(points);
  const [first] = points;
  if (slope === undefined || first === undefined || slope > 0 !== (side === "high")) return undefined;
  const current = median(points.map(({ time, mean }) => mean + slope * (now - time)));
  const inMs = (limit - current) / slope;
  if (inMs <= 0 || inMs > NOT_BEYOND_MS || inMs > TIMES_WATCHED * (now - first.time)) return undefined;
  return now + inMs;
}

/** Per ms. */
function certainSlope(points: readonly Point[]): number | undefined {
  const n = points.length;
  if (n < LEAST) return undefined;
  const slopes = slopesOf(points);
  const margin = CERTAIN * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
  const low = slopes[Math.floor((slopes.length - margin) / 2) - 1];
  const high = slopes[Math.ceil((slopes.length + margin) / 2)];
  if (low === undefined || high === undefined || (low <= 0 && high >= 0)) return undefined;
  const slope = median(slopes);
  const halves = [points.slice(0, Math.ceil(n / 2)), points.slice(Math.floor(n / 2))];
  const goesOn = halves.every((half) => median(slopesOf(half)) / slope >= OF_THE_WHOLE);
  return goesOn && !fallsBack(points, slope) ? slope : undefined;
}

/** Sorted. */
function slopesOf(points: readonly Point[]): readonly number[] {
  return points
    .flatMap((a, index) => points.slice(index + 1).map((b) => (b.mean - a.mean) / (b.time - a.time)))
    .toSorted((a, b) => a - b);
}

/** Without single outliers: each point is the median of itself and its neighbours. */
function fallsBack(points: readonly Point[], slope: number): boolean {
  const smooth = points.map((_, index) =>
    median(points.slice(Math.max(0, index - 1), index + 2).map(({ mean }) => mean)),
  );
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return false;
  const rise = slope * (last.time - first.time);
  return smooth.some((value, index) => ((smooth[index - 1] ?? value) - value) / rise >= FALLS_BACK);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
}
