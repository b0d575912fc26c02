import type { HealthNode } from "../domain/health.ts";

/** How fast what waits for headquarters goes out. */
export interface DrainFacts {
  /** Records confirmed a second. */
  readonly perS: number;
  /** Until nothing waits; absent while that cannot be said. */
  readonly drainedInS?: number;
}

/** Shorter waits are not worth a word. s. */
const WORTH_SAYING_S = 5;

/** What is to be known of a delivery that works. */
export function deliveryWords(facts: {
  readonly confirm: "receipt" | "broker";
  readonly unconfirmed: number;
  readonly drain: DrainFacts;
}): string | undefined {
  const words = [...brokerWords(facts.confirm), ...drainWords(facts.unconfirmed, facts.drain)];
  return words.length === 0 ? undefined : words.join("; ");
}

/** The weaker promise, said aloud. */
function brokerWords(confirm: "receipt" | "broker"): readonly string[] {
  if (confirm === "receipt") return [];
  return ["confirm: broker: a record counts as delivered when the broker has it, not when headquarters has stored it"];
}

function drainWords(unconfirmed: number, { perS, drainedInS }: DrainFacts): readonly string[] {
  if (unconfirmed === 0 || drainedInS === undefined || drainedInS < WORTH_SAYING_S) return [];
  return [`what waits is sent in about ${span(drainedInS)}, at ${Math.round(perS)} records a second`];
}

/** Rounded up: nobody minds when it is done earlier. */
function span(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = seconds / 60;
  return minutes < 90 ? `${Math.ceil(minutes)} min` : `${Math.ceil(minutes / 60)} h`;
}

export function parkedNode(parked: number): HealthNode {
  const name = "parked";
  const value = { observedValue: parked, observedUnit: "records" };
  if (parked === 0) return { name, status: "pass", ...value };
  return {
    name,
    status: "warn",
    ...value,
    reason: `${parked === 1 ? "one record" : `${parked} records`} cannot be given to the broker; headquarters is told so`,
    advice:
      "See tillgate journal parked for the reasons. When the broker can take them: tillgate journal resend SEQ, or all.",
  };
}
