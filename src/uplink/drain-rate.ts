/** How fast the line to headquarters gets through what waits, for people who want to know when it is done. */
export interface DrainRate {
  /** Oldest first, about one a second. */
  readonly samples: readonly Sample[];
}

interface Sample {
  /** ms, monotonic. */
  readonly at: number;
  readonly mark: number;
  readonly head: number;
}

export interface DrainForecast {
  /** Records confirmed a second, over the last half minute. */
  readonly perS: number;
  /** Until nothing waits any more, new records counted; absent while that cannot be said: nothing moves, or more comes than goes. */
  readonly drainedInS?: number;
}

const EVERY_MS = 1_000;
const SPAN_MS = 30_000;

export const NO_SAMPLES: DrainRate = { samples: [] };

export function sampleDrain({ samples }: DrainRate, sample: Sample): DrainRate {
  const last = samples.at(-1);
  if (last !== undefined && sample.at - last.at < EVERY_MS) return { samples };
  // The mark has gone back: what was measured before is no measure of what is left.
  const kept = last !== undefined && sample.mark < last.mark ? [] : samples;
  return { samples: [...kept.filter(({ at }) => at > sample.at - SPAN_MS), sample] };
}

/** @param now  Where things stand at this moment. */
export function forecast({ samples }: DrainRate, now: Sample): DrainForecast {
  const [first] = samples;
  const waiting = now.head - now.mark;
  if (first === undefined || now.at - first.at < EVERY_MS)
    return waiting === 0 ? { perS: 0, drainedInS: 0 } : { perS: 0 };
  const seconds = (now.at - first.at) / 1_000;
  const perS = Math.max(0, now.mark - first.mark) / seconds;
  const shrinking = perS - (now.head - first.head) / seconds;
  if (waiting === 0) return { perS, drainedInS: 0 };
  return shrinking > 0 ? { perS, drainedInS: waiting / shrinking } : { perS };
}
