import type { HealthStatus } from "../../domain/health.ts";
import type { LinkView, StageView } from "../../domain/link-view.ts";
import type { StageState } from "../../domain/stage.ts";
import type { Words } from "../../domain/words.ts";
import { faultText } from "./fault-texts.ts";

/** Nothing passes, and nothing is wrong with that. */
const STATUS_OF: Readonly<Record<StageState, HealthStatus>> = {
  up: "pass",
  idle: "pass",
  degraded: "warn",
  down: "fail",
  unknown: "unknown",
};

export interface StageWords {
  readonly status: HealthStatus;
  /** Why it is not `pass`, and what to do about it. */
  readonly reason?: Words;
  readonly advice?: Words;
}

/** One stage in words for people. */
export function stageWords({ state, fault, flapping, loss }: StageView): StageWords {
  const status = STATUS_OF[state];
  if (status === "pass") return { status };
  const text = fault === undefined ? undefined : faultText(fault);
  const percent = loss === undefined ? 0 : Math.round(loss * 1_000) / 10;
  const told: readonly Words[] = [
    ...(text === undefined ? [] : [text.reason]),
    ...(flapping === true ? [FLAPPING] : []),
    ...(percent === 0 ? [] : [{ en: `Lost: ${percent} %.`, zh: `丢包：${percent} %。` }]),
    ...(state === "unknown" && text === undefined ? [NOT_SEEN] : []),
  ];
  return {
    status,
    ...(told.length === 0
      ? {}
      : { reason: { en: told.map(({ en }) => en).join(" "), zh: told.map(({ zh }) => zh).join("") } }),
    ...(text === undefined ? {} : { advice: text.advice }),
  };
}

/** Of the line as a whole: sales go on without it, so that it never fails. */
export function verdictStatus({ verdict, stages }: LinkView): HealthStatus {
  if (verdict.fault !== undefined) return "warn";
  return stages.some(({ state }) => state !== "unknown") ? "pass" : "unknown";
}

const FLAPPING: Words = {
  en: "It comes and goes; changes are no longer told one by one.",
  zh: "时断时续；变化不再逐一通知。",
};
const NOT_SEEN: Words = {
  en: "Not known: not looked at, or hidden by a stage before it.",
  zh: "未知：尚未检查，或被前面的一段遮挡。",
};
