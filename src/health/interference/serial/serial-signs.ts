import type { Candidate } from "../weigh.ts";

/** What the figures of a serial line say, yes or no. `undefined`: nobody can say. */
export interface Signs {
  /** Frames were understood. */
  readonly hasGood: boolean;
  /** They ever were: speed and parity are right. */
  readonly hasWorked: boolean;
  readonly isDamaged: boolean;
  /** Bytes come, and none of them means anything. */
  readonly isGarbage: boolean;
  /** Frames stop in the middle; else their bytes are changed. */
  readonly isCutOff: boolean;
  readonly isBothWays: boolean;
  readonly isSteady: boolean | undefined;
  /** Some minutes or hours of the week only. */
  readonly comesAndGoes: boolean;
  readonly hasRisen: boolean;
  /** Only while this process had no time to read. */
  readonly isWhileBusy: boolean;
  readonly losesLink: boolean;
  readonly restarts: boolean;
  /** The other serial lines. */
  readonly others: "clean" | "damaged" | "unknown";
}

/**
 * Noise changes bytes, in both directions and on all lines near it, and comes with what makes it; a bad plug cuts frames
 * off, on one line, and loses the link; a wrong speed leaves not one frame whole from the first byte on (link-health.md 3.4).
 */
export function candidates(signs: Signs): readonly Candidate[] {
  const { hasGood, hasWorked, isDamaged, isGarbage, isCutOff, isWhileBusy, others } = signs;
  return [
    { cause: "countersRestarted", must: [signs.restarts], signs: [{ weight: 0.8, holds: true }] },
    {
      cause: "wrongLineSettings",
      must: [isGarbage],
      signs: [
        { weight: 0.55, holds: true },
        { weight: 0.4, holds: !hasWorked },
      ],
    },
    {
      cause: "receiverOverrun",
      must: [isDamaged, isWhileBusy],
      signs: [
        { weight: 0.6, holds: true },
        { weight: 0.3, holds: isCutOff },
      ],
    },
    {
      cause: "badCable",
      must: [isDamaged, hasGood, !isWhileBusy],
      signs: [
        { weight: 0.6, holds: others === "unknown" ? undefined : others === "clean" },
        { weight: 0.3, holds: isCutOff },
        { weight: 0.2, holds: signs.losesLink },
        { weight: 0.15, holds: signs.isSteady },
      ],
    },
    {
      cause: "lineNoise",
      must: [isDamaged, hasGood, !isWhileBusy, others !== "clean"],
      signs: [
        { weight: 0.35, holds: !isCutOff },
        { weight: 0.3, holds: signs.isBothWays },
        { weight: 0.15, holds: signs.comesAndGoes },
        { weight: 0.1, holds: signs.hasRisen },
        { weight: 0.1, holds: others === "unknown" ? undefined : others === "damaged" },
      ],
    },
  ];
}
