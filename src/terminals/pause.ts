import type { Instant } from "../domain/clock.ts";

export const PAUSED_BY = ["config", "rule", "technician", "hq"] as const;
/** Who holds a terminal back. Each holds it by itself: what a rule sets, only a rule or a person takes away. */
export type PausedBy = (typeof PAUSED_BY)[number];

export interface Pause {
  readonly by: PausedBy;
  /** A person's name, or the rule's. */
  readonly who: string;
  readonly reason: string;
  /** It ends by itself then, by the wall clock. */
  readonly until?: Instant;
}

/** A rule ends what a rule began; a person ends whatever is not the config's. */
export function pausesAfterResume(pauses: readonly Pause[], by: PausedBy): readonly Pause[] {
  return pauses.filter((pause) => (by === "rule" ? pause.by !== "rule" : pause.by === "config"));
}

export function pausesAfterPause(pauses: readonly Pause[], added: Pause): readonly Pause[] {
  return [...pauses.filter(({ by }) => by !== added.by), added];
}

export function hasEnded({ until }: Pause, now: Instant): boolean {
  return until !== undefined && until <= now;
}

/** The one that holds longest is the one that people are told of; without an end comes last. */
export function decisivePause(pauses: readonly Pause[]): Pause | undefined {
  return pauses.toSorted((a, b) => (b.until ?? Infinity) - (a.until ?? Infinity))[0];
}
