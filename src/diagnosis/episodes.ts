import type { Instant } from "../domain/clock.ts";
import type { InterferenceCause } from "../domain/interference.ts";
import type { Stage, StageFault } from "../domain/stage.ts";

/** Something lasted from then to then, wall clock ms; without `to` it lasts. */
export interface Episode {
  readonly from: number;
  readonly to?: number;
}

/** The ladder's verdict was this fault. */
export interface LineEpisode extends Episode {
  readonly stage: Stage;
  readonly fault: StageFault;
  readonly subject?: string;
}

/** A channel's verdict was this cause. */
export interface ChannelEpisode extends Episode {
  readonly channel: string;
  readonly cause: InterferenceCause;
}

/** Begins one, and ends what was open and `fits`. */
export function began<T extends Episode>(all: readonly T[], next: T, fits: (one: T) => boolean): readonly T[] {
  return [...ended(all, fits, next.from), next];
}

/** Ends what is open and `fits`. */
export function ended<T extends Episode>(all: readonly T[], fits: (one: T) => boolean, to: number): readonly T[] {
  return all.map((one) => (one.to === undefined && fits(one) ? { ...one, to: Math.max(to, one.from) } : one));
}

/** Those that overlap the time between the two. ms. */
export function during<T extends Episode>(all: readonly T[], from: number, to: number): readonly T[] {
  return all.filter((one) => one.from <= to && (one.to ?? Number.POSITIVE_INFINITY) >= from);
}

/** Without those that ended before `oldest`, the newest `most`. */
export function kept<T extends Episode>(all: readonly T[], oldest: Instant | number, most: number): readonly T[] {
  return all.filter(({ to }) => to === undefined || to >= oldest).slice(-most);
}
