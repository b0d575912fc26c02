import type { InterferenceCause } from "./interference.ts";
import type { Stage, StageFault } from "./stage.ts";
import type { TerminalId } from "./terminal.ts";
import type { Words } from "./words.ts";
import type { Instant } from "./clock.ts";

/** What was wrong meanwhile: the way out of the shop, or one channel. */
export type Disturbance =
  | { readonly of: "link"; readonly stage?: Stage; readonly fault: StageFault; readonly subject?: string }
  | {
      readonly of: "interference";
      readonly channel: string;
      readonly cause: InterferenceCause;
      /** The figure that speaks loudest for it. */
      readonly figure?: { readonly name: string; readonly value: number; readonly unit: string };
    };

/** Payments that went wrong while something else was wrong, so many more than usual that chance does not explain it. */
export interface Impact {
  readonly disturbance: Disturbance;
  readonly from: Instant;
  /** Absent: it goes on. */
  readonly to?: Instant;
  /** Those on which payments went wrong, by name. */
  readonly terminals: readonly TerminalId[];
  /** Payments begun meanwhile on all terminals, and those of them without an answer or not sent at all, or slow. */
  readonly payments: number;
  readonly unanswered: number;
  readonly slow: number;
  /** Share of payments that go wrong on these terminals when nothing is disturbed, 0..1, and of how many that is known. */
  readonly usualShare: number;
  readonly usualOf: number;
  readonly text: Words;
}
