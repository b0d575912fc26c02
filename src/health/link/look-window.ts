import type { StageFigures } from "../../domain/stage.ts";
import { lossAtLeast } from "./loss-bound.ts";

export interface Look {
  /** ms, monotonic. */
  readonly at: number;
  /** Packets, and those of them that were lost: one of one for a question, more for a connection that is looked at. */
  readonly sent: number;
  readonly lost: number;
  /** Absent where it was lost, or says nothing about time. */
  readonly rttMs?: number;
}

/** What the figures are over (link-health.md 1.5). ms. */
export const WINDOW_MS = 300_000;
/** Traffic of a busy shop may look more often than this: then the window is shorter. */
const MOST_LOOKS = 300;

/** The looks of the last 5 minutes with one more. */
export function withLook(looks: readonly Look[], look: Look, windowMs: number): readonly Look[] {
  const kept = looks.filter(({ at }) => look.at - at < windowMs);
  return [...kept.slice(1 - MOST_LOOKS), look];
}

/** Jitter is the mean difference of neighbours among those that were answered. */
export function figuresOf(looks: readonly Look[]): StageFigures {
  const times = looks.flatMap(({ rttMs }) => rttMs ?? []);
  const lost = sum(looks.map((look) => look.lost));
  const sent = sum(looks.map((look) => look.sent));
  const sorted = times.toSorted((a, b) => a - b);
  const p50Ms = quantile(sorted, 0.5);
  const p95Ms = quantile(sorted, 0.95);
  const jitterMs = jitterOf(times);
  return {
    looks: looks.length,
    ...(p50Ms === undefined ? {} : { p50Ms }),
    ...(p95Ms === undefined ? {} : { p95Ms }),
    ...(jitterMs === undefined ? {} : { jitterMs }),
    ...(sent === 0 ? {} : { loss: rounded(lost / sent, 4), lossAtLeast: rounded(lossAtLeast(lost, sent), 4) }),
  };
}

/** Nearest rank. */
function quantile(sorted: readonly number[], share: number): number | undefined {
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  return value === undefined ? undefined : rounded(value, 1);
}

function jitterOf(times: readonly number[]): number | undefined {
  if (times.length < 2) return undefined;
  const steps = times.slice(1).map((time, at) => Math.abs(time - (times[at] ?? time)));
  return rounded(sum(steps) / steps.length, 1);
}

function sum(values: readonly number[]): number {
  return values.reduce((whole, value) => whole + value, 0);
}

function rounded(value: number, digits: number): number {
  const unit = 10 ** digits;
  return Math.round(value * unit) / unit;
}
