import { type HealthNode, wholeOf } from "../domain/health.ts";
import type { LinkView, StageView } from "../domain/link-view.ts";
import { stageWords, verdictStatus } from "./link/stage-words.ts";

/**
 * The way out of the shop: as bad as its verdict, whatever its stages say one by one. `observedValue` is the fault's
 * stable word, or `none`.
 */
export function linkNode(view: LinkView): HealthNode {
  const parts = view.stages.map(stageNode);
  const { fault, subject, reason, advice } = view.verdict;
  const status = verdictStatus(view);
  if (fault === undefined) {
    return { name: "link", status, observedValue: "none", ...(status === "pass" ? {} : { reason: reason.en }), parts };
  }
  const whole = wholeOf(
    "link",
    parts.map((node) => ({ weight: "degrading", node }) as const),
  );
  return {
    ...whole,
    status,
    observedValue: fault,
    reason: `${subject === undefined ? "" : `${subject}: `}${reason.en}`,
    advice: advice.en,
  };
}

function stageNode(view: StageView): HealthNode {
  const { stage, subject, route, p50Ms } = view;
  const name = [stage, subject, route]
    .filter((word) => word !== undefined)
    .join(" ")
    .replaceAll("/", "_");
  const { status, reason, advice } = stageWords(view);
  return {
    name,
    status,
    ...(p50Ms === undefined ? {} : { observedValue: p50Ms, observedUnit: "ms" }),
    ...(reason === undefined ? {} : { reason: reason.en }),
    ...(advice === undefined ? {} : { advice: advice.en }),
  };
}
