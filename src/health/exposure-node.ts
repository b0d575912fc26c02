import { type Exposure, type Measure, MEASURES } from "../domain/exposure.ts";
import { type HealthNode, wholeOf } from "../domain/health.ts";

/** Money at risk as it is now, or why that is not known. */
export type ExposureFacts = { readonly now: Exposure } | { readonly unknownBecause: string };

interface Limit {
  /** Seconds that the oldest may stand there. */
  readonly maxAgeS: number;
  readonly unit: string;
  readonly reason: string;
  readonly advice: string;
}

const DAY_S = 86_400;

const LIMITS: Readonly<Record<Measure, Limit>> = {
  inDoubt: {
    maxAgeS: 900,
    unit: "transactions",
    reason: "it is not known whether the money of these moved",
    advice:
      "Look at the terminal's last receipt, or ask the acquirer's hotline with time, amount and trace number; do not sell it again before.",
  },
  reversalAbandoned: {
    maxAgeS: 0,
    unit: "transactions",
    reason: "a terminal gave a reversal up: the customer may be debited for nothing",
    advice: "Call the acquirer's hotline with time, amount and trace number, and have it reversed there.",
  },
  // A day's sales are settled within the next day, whenever the acquirer cuts it.
  unsettled: {
    maxAgeS: 1.5 * DAY_S,
    unit: "transactions",
    reason: "a batch was not settled in time: the shop is not paid for it",
    advice: "Start the settlement at the terminal; if it refuses, ask the acquirer's hotline.",
  },
  notUploaded: {
    maxAgeS: DAY_S,
    unit: "transactions",
    reason: "sold offline, and the acquirer does not have it",
    advice:
      "Check the terminal's line and make an online sale or start the settlement: that uploads them. Soon, they lapse.",
  },
  unbalanced: {
    maxAgeS: 0,
    unit: "batches",
    reason: "terminal, acquirer and ledger do not agree on a batch",
    advice: "Compare the terminal's settlement slip with `tillgate journal list`, and call the acquirer's hotline.",
  },
};

/** Only what is not empty has a part of its own. What is parked is a part of the whole tree. */
export function exposureNode(facts: ExposureFacts): HealthNode {
  const name = "exposure";
  if ("unknownBecause" in facts) return { name, status: "unknown", reason: facts.unknownBecause };
  const { now } = facts;
  const parts = MEASURES.filter((measure) => now[measure].count > 0);
  if (parts.length === 0) return { name, status: "pass" };
  return wholeOf(
    name,
    parts.map((measure) => ({ weight: "degrading", node: measureNode(measure, now[measure]) })),
  );
}

function measureNode(name: Measure, { count, oldestAgeS = 0, oldestAgeIsAtLeast }: Exposure[Measure]): HealthNode {
  const { maxAgeS, unit, reason, advice } = LIMITS[name];
  const node = { name, observedValue: count, observedUnit: unit };
  if (maxAgeS === 0 || oldestAgeS > maxAgeS) return { ...node, status: "warn", reason, advice };
  if (oldestAgeIsAtLeast !== true) return { ...node, status: "pass" };
  return {
    ...node,
    status: "unknown",
    reason: "how old the oldest is cannot be told: the clock is not set, or was not",
    advice: "Set the clock right first; see clock.",
  };
}
