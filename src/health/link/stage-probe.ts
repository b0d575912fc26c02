import type { Stage, StageObservation } from "../../domain/stage.ts";

/** One way of looking at one stage. */
export interface StageProbe {
  readonly stage: Stage;
  /** Tells it from others of its stage in logs. */
  readonly name: string;
  /** ms between looks while all is well. */
  readonly everyMs: number;
  /** Costs the line something: not asked while traffic has shown the same in the meantime. */
  readonly isSparedByTraffic?: true;
  /** Never rejects; what it finds is in its observations. None: nothing can be said now. */
  look(signal: AbortSignal): Promise<readonly StageObservation[]>;
}
