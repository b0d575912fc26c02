import type { Instant } from "./clock.ts";
import type { Stage, StageFault, StageFigures, StageState } from "./stage.ts";
import type { Words } from "./words.ts";

/** Where the trouble is, in one sentence. */
export interface LinkVerdict {
  /** Absent: nothing is wrong between the terminals and headquarters. */
  readonly stage?: Stage;
  readonly fault?: StageFault;
  /** Which interface, terminal, name server or acquirer. */
  readonly subject?: string;
  readonly since: Instant;
  /** What is so, and what to do. */
  readonly reason: Words;
  readonly advice: Words;
}

export interface StageView extends StageFigures {
  readonly stage: Stage;
  readonly subject?: string;
  readonly route?: string;
  readonly state: StageState;
  readonly since: Instant;
  readonly fault?: StageFault;
  /** It comes and goes so often that changes are no longer told one by one. */
  readonly flapping?: true;
  /** From up to down within the last hour. */
  readonly downsLastHour: number;
}

/** The line as a whole, for the page, the retained `link` topic and the health tree. */
export interface LinkView {
  readonly verdict: LinkVerdict;
  readonly stages: readonly StageView[];
}
