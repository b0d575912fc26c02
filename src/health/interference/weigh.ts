import {
  CONFIDENT_AT,
  type Evidence,
  type InterferenceCause,
  type InterferenceVerdict,
} from "../../domain/interference.ts";
import type { Words } from "../../domain/words.ts";
import { causeAdvice } from "./cause-texts.ts";

/** Something that speaks for a cause. `undefined`: nobody can say, and it counts for nothing. */
export interface Sign {
  /** 0..1; all of a candidate's add up to at most 1. */
  readonly weight: number;
  readonly holds: boolean | undefined;
}

export interface Candidate {
  readonly cause: InterferenceCause;
  /** Without all of these it is not this cause. What is not known does not hold. */
  readonly must: readonly (boolean | undefined)[];
  readonly signs: readonly Sign[];
}

export interface Weighing {
  /** What is harmless comes first: between equals nobody is sent to hunt for interference. */
  readonly candidates: readonly Candidate[];
  /** 0..1: which share of the looks that make a verdict has been made. */
  readonly completeness: number;
  readonly evidence: readonly Evidence[];
  /** What to measure next when nothing is certain. */
  readonly next: Words;
}

/** Whether a figure is so; `undefined` while it is not known. */
export function when(value: number | undefined, isSo: (value: number) => boolean): boolean | undefined {
  return value === undefined ? undefined : isSo(value);
}

/** The cause with the most weight; below `CONFIDENT_AT` that there is not enough evidence, and what to measure next. */
export function weigh({ candidates, completeness, evidence, next }: Weighing): InterferenceVerdict {
  const rated = candidates
    .filter(({ must }) => must.every((one) => one === true))
    .map(({ cause, signs }) => ({ cause, confidence: confidenceOf(signs, completeness) }))
    .toSorted((a, b) => b.confidence - a.confidence);
  const [best] = rated;
  if (best !== undefined && best.confidence >= CONFIDENT_AT) {
    return { ...best, evidence, advice: causeAdvice(best.cause) };
  }
  const cause = "notEnoughEvidence";
  return { cause, confidence: best?.confidence ?? 0, evidence, advice: causeAdvice(cause), next };
}

function confidenceOf(signs: readonly Sign[], completeness: number): number {
  const sum = signs.reduce((total, { weight, holds }) => total + (holds === true ? weight : 0), 0);
  return Math.round(Math.min(sum, 1) * Math.min(completeness, 1) * 100) / 100;
}
