import { type HealthNode, wholeOf } from "../domain/health.ts";
import type { MachineTrouble, MachineView } from "./machine/machine-judge.ts";

/** The machine itself; only what it tells. A sensor that fell silent is unknown. */
export function machineNode(view: MachineView): HealthNode {
  return wholeOf(
    "machine",
    [...view.values()].map((trouble) => ({ weight: "degrading", node: nodeOf(trouble) }) as const),
  );
}

function nodeOf({ limit: { node: name, unit, reason, advice }, value, isTrouble }: MachineTrouble): HealthNode {
  if (value === undefined) return { name, status: "unknown", reason: "it was told before, and is told no more" };
  const seen = { observedValue: Math.round(value * 100) / 100, observedUnit: unit };
  return isTrouble
    ? { name, status: "warn", ...seen, reason: reason.en, advice: advice.en }
    : { name, status: "pass", ...seen };
}
