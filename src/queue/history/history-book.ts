import {
  type Aggregate,
  type HistoryHour,
  type HistoryPoint,
  type HistoryQuery,
  merged,
  placeOf,
  pointsOf,
  single,
} from "../../domain/history.ts";

/** One figure, with both clocks of its moment. */
export interface DatedValue {
  readonly series: string;
  /** ms since 1970, this machine's belief. */
  readonly at: number;
  /** ms since boot. */
  readonly mono: number;
  readonly isSynced: boolean;
  readonly value: number;
}

/** Figures wait so long for a clock that is right, then they are kept under what the machine believes, and marked. ms. */
const WAIT_FOR_CLOCK_MS = 15 * 60_000;
/** Figures that wait for the clock at most: 15 minutes of a thousand a minute. Beyond it the oldest go. */
const MAX_WAITING = 15_000;
/** Hours of series that are not written yet. Ten minutes of 500 series, twice where the hour changes. */
const MAX_HOURS = 1_000;

interface OpenHour extends HistoryHour {
  readonly minutes: Map<number, Aggregate>;
}

/**
 * What was measured and is not written yet, by series, hour and minute. A figure from before the clock was right gets its
 * time from the first one after: both are of one boot.
 */
export class HistoryBook {
  #hours = new Map<string, OpenHour>();
  #waiting: DatedValue[] = [];
  #dropped = 0;

  add(value: DatedValue): void {
    if (!Number.isFinite(value.value)) return;
    if (value.isSynced) {
      this.#redate(value.at - value.mono);
      this.#put(this.#hours, value, false);
      return;
    }
    this.#waiting.push(value);
    if (this.#waiting.length <= MAX_WAITING) return;
    this.#waiting.shift();
    this.#dropped += 1;
  }

  /** Figures that found no room. */
  get dropped(): number {
    return this.#dropped;
  }

  /** All that is not written, what waits for the clock included. */
  hours(): readonly HistoryHour[] {
    const all = new Map([...this.#hours].map(([key, hour]) => [key, { ...hour, minutes: new Map(hour.minutes) }]));
    for (const value of this.#waiting) this.#put(all, value, true);
    return [...all.values()];
  }

  points(query: HistoryQuery): readonly HistoryPoint[] {
    return pointsOf(this.hours(), query);
  }

  /** Hands over what is to be written. @param mono  ms since boot, now. @param isEnding  Nothing may wait any longer. */
  take(mono: number, isEnding: boolean): readonly HistoryHour[] {
    const isOver = (value: DatedValue): boolean => isEnding || mono - value.mono >= WAIT_FOR_CLOCK_MS;
    for (const value of this.#waiting.filter(isOver)) this.#put(this.#hours, value, true);
    this.#waiting = this.#waiting.filter((value) => !isOver(value));
    const taken = [...this.#hours.values()];
    this.#hours = new Map();
    return taken;
  }

  #redate(offset: number): void {
    for (const value of this.#waiting.splice(0)) {
      this.#put(this.#hours, { ...value, at: value.mono + offset }, false);
    }
  }

  #put(hours: Map<string, OpenHour>, { series, at, value }: DatedValue, isUndated: boolean): void {
    const { hour, minute } = placeOf(at);
    const key = `${hour} ${series}`;
    const open = hours.get(key);
    if (open === undefined && hours.size >= MAX_HOURS) {
      this.#dropped += 1;
      return;
    }
    const minutes = open?.minutes ?? new Map<number, Aggregate>();
    minutes.set(minute, merged(minutes.get(minute), single(value)));
    hours.set(key, { series, hour, minutes, isUndated: isUndated || open?.isUndated === true });
  }
}
