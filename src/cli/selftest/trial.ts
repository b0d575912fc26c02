import type { Clock } from "../../runtime/clock.ts";
import type { FindingName } from "./words.ts";

/** What was found: its name says how it counts and which words describe it; the figures stand in the words. */
export interface Finding {
  readonly name: FindingName;
  readonly figures: Readonly<Record<string, string | number>>;
}

/** Where a trial may write, and what it is given. */
export interface TrialPlace {
  /** A directory of its own, on the file system that is tried; removed afterwards. */
  readonly directory: string;
  readonly clock: Clock;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
}

/** One thing that is tried for real. Rejects with the signal's reason; anything else that it throws is a failure, too. */
export type Trial = (place: TrialPlace, signal: AbortSignal) => Promise<readonly Finding[]>;
