import { type HealthNode, wholeOf } from "../domain/health.ts";
import type { RebootCause } from "../domain/power.ts";
import { REBOOT_WORDS } from "./machine/reboot.ts";
import type { MachineTrouble, MachineView } from "./machine/machine-judge.ts";

/** The machine itself; only what it tells. A sensor that fell silent is unknown. */
export function machineNode(view: MachineView, start?: HealthNode): HealthNode {
  const nodes = [...view.values()].map(nodeOf);
  return wholeOf(
    "machine",
    [...nodes, ...(start === undefined ? [] : [start])].map((node) => ({ weight: "degrading", node }) as const),
  );
}

/** A start that nobody asked for is shown for a day: it may come again. ms. */
const SHOWN_MS = 86_400_000;

/** @param now  Wall clock, ms. */
export function startNode(
  found: { readonly cause: RebootCause; readonly at: number } | undefined,
  now: number,
): HealthNode | undefined {
  if (found === undefined || found.cause === "restart" || now - found.at > SHOWN_MS) return undefined;
  const { reason, advice } = REBOOT_WORDS[found.cause];
  return { name: "start", status: "warn", observedValue: found.cause, reason: reason.en, advice: advice.en };
}

function nodeOf({ limit: { node: name, unit, reason, advice }, value, isTrouble }: MachineTrouble): HealthNode {
  if (value === undefined) return { name, status: "unknown", reason: "it was told before, and is told no more" };
  const seen = { observedValue: Math.round(value * 100) / 100, observedUnit: unit };
  return isTrouble
    ? { name, status: "warn", ...seen, reason: reason.en, advice: advice.en }
    : { name, status: "pass", ...seen };
}
