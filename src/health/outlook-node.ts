import { type HealthNode, wholeOf } from "../domain/health.ts";
import { type Outlook, WARM_UP_WEEKS } from "./outlook/outlook-at.ts";

/** What is to be expected. A shop without a history is well: it only cannot be forecast. */
export function outlookNode({ weeks, nextHour, warnings }: Outlook): HealthNode {
  const told = warnings.map(({ node: name, value, unit, reason, advice }): HealthNode => ({
    name,
    status: "warn",
    observedValue: Math.round(value * 1_000) / 1_000,
    observedUnit: unit,
    reason: reason.en,
    advice: advice.en,
  }));
  const isLoadTold = warnings.some(({ node }) => node === "load");
  const load: HealthNode = {
    name: "load",
    status: "pass",
    ...(nextHour === undefined ? {} : { observedValue: Math.round(nextHour), observedUnit: "payments/h" }),
    ...(weeks < WARM_UP_WEEKS ? { reason: `not enough history yet, ${weeks} of ${WARM_UP_WEEKS} weeks` } : {}),
  };
  return wholeOf(
    "outlook",
    [...(isLoadTold ? [] : [load]), ...told].map((node) => ({ weight: "degrading", node }) as const),
  );
}
