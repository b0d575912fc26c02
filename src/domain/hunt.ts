import type { Instant } from "./clock.ts";
import type { Words } from "./words.ts";

/** Of a change: how the channel is after it. Of a suspect: how it is while that is off. */
export const HUNT_RESULTS = ["better", "same", "worse", "cannotTell"] as const;
export type HuntResult = (typeof HUNT_RESULTS)[number];

/**
 * Why nothing is said. `tooShort`: too few seconds were read. `noTraffic`: too little went over the channel.
 * `differentLoad`: its own traffic changed meanwhile. `notClear`: what was read fits both. `contradiction`: the same
 * change did not do the same each time.
 */
export const HUNT_DOUBTS = ["tooShort", "noTraffic", "differentLoad", "notClear", "contradiction"] as const;
export type HuntDoubt = (typeof HUNT_DOUBTS)[number];

export type SuspectState = "off" | "on";

/** What is read each second, and which way is worse. */
export interface HuntFigure {
  /** A stable word, as `Evidence` has it. */
  readonly figure: string;
  /** `1` for a ratio, `dB`. */
  readonly unit: string;
  readonly worse: "up" | "down";
  /** A smaller difference does not matter. In its unit. */
  readonly step: number;
}

/** The time from one mark to the next. */
export interface HuntSegment {
  /** s since the hunt began. */
  readonly fromS: number;
  /** Seconds that were read and count. */
  readonly seconds: number;
  /** Looks that told nothing: a missing answer, counters that began anew. */
  readonly gaps: number;
  /** The mark that it began with. */
  readonly what?: string;
  readonly state?: SuspectState;
  /** Of the figure; absent while nothing is known. */
  readonly value?: number;
  /** Frames or packets of the channel's own a second. */
  readonly load?: number;
}

/** What one press of "changed" did. */
export interface HuntChange {
  /** What was switched, in the technician's words. */
  readonly what: string;
  /** To which state. */
  readonly state: SuspectState;
  readonly result: HuntResult;
  /** 0..1; 0 with `cannotTell`. */
  readonly confidence: number;
  readonly before?: number;
  readonly after?: number;
  /** With `cannotTell`. */
  readonly because?: HuntDoubt;
  /** How many seconds more would tell, where that can be said. */
  readonly moreSeconds?: number;
}

/** What all changes of one suspect say together. */
export interface HuntVerdict {
  readonly what: string;
  readonly result: HuntResult;
  readonly confidence: number;
  /** Changes that say so. */
  readonly agreeing: number;
  readonly because?: HuntDoubt;
  readonly text: Words;
  readonly advice: Words;
}

export interface HuntView {
  /** From 1 since the daemon started. */
  readonly id: number;
  readonly channel: string;
  readonly figure: HuntFigure;
  readonly by: string;
  readonly suspect?: string;
  readonly beganAt: Instant;
  /** Of the last ten seconds; absent while nothing is known. */
  readonly now?: number;
  /** s until it ends by itself; 0 when it has ended. */
  readonly leftS: number;
  readonly ended?: "asked" | "timeUp" | "stopped";
  readonly segments: readonly HuntSegment[];
  readonly changes: readonly HuntChange[];
  readonly verdicts: readonly HuntVerdict[];
}
