import { type HealthNode, type HealthStatus, wholeOf } from "../domain/health.ts";
import type { LinkView, StageView } from "../domain/link-view.ts";
import type { StageState } from "../domain/stage.ts";
import { faultText } from "./link/fault-texts.ts";

/** Nothing passes, and nothing is wrong with that. */
const STATUS_OF: Readonly<Record<StageState, HealthStatus>> = {
  up: "pass",
  idle: "pass",
  degraded: "warn",
  down: "fail",
  unknown: "unknown",
};

/**
 * The way out of the shop: as bad as its verdict, whatever its stages say one by one. `observedValue` is the fault's
 * stable word, or `none`.
 */
export function linkNode({ verdict, stages }: LinkView): HealthNode {
  const parts = stages.map(stageNode);
  const { fault, subject, reason, advice } = verdict;
  const whole = wholeOf(
    "link",
    parts.map((node) => ({ weight: "degrading", node }) as const),
  );
  if (fault === undefined) {
    const status = stages.length === 0 ? "unknown" : "pass";
    return { name: "link", status, observedValue: "none", ...(status === "pass" ? {} : { reason: reason.en }), parts };
  }
  return {
    ...whole,
    status: "warn",
    observedValue: fault,
    reason: `${subject === undefined ? "" : `${subject}: `}${reason.en}`,
    advice: advice.en,
  };
}

function stageNode({ stage, subject, route, state, p50Ms, fault, flapping, loss }: StageView): HealthNode {
  const name = [stage, subject, route]
    .filter((word) => word !== undefined)
    .join(" ")
    .replaceAll("/", "_");
  const text = fault === undefined ? undefined : faultText(fault);
  const told = [
    ...(text === undefined ? [] : [text.reason.en]),
    ...(flapping === true ? ["It comes and goes; changes are no longer told one by one."] : []),
    ...(loss === undefined || loss === 0 ? [] : [`Lost: ${Math.round(loss * 1_000) / 10} %.`]),
    ...(state === "unknown" && text === undefined ? ["Not known: not looked at, or hidden by a stage before it."] : []),
  ];
  const status = STATUS_OF[state];
  return {
    name,
    status,
    ...(p50Ms === undefined ? {} : { observedValue: p50Ms, observedUnit: "ms" }),
    ...(status === "pass" || told.length === 0 ? {} : { reason: told.join(" ") }),
    ...(text === undefined || status === "pass" ? {} : { advice: text.advice.en }),
  };
}
