import type { DiagnosisCause, DiagnosisSign, PathStage } from "../domain/diagnosis.ts";
import type { Situation } from "./situation.ts";

/** One explanation that fits, and how well. */
export interface Claim {
  readonly cause: DiagnosisCause;
  /** 0..1. 0.9: seen from two sides; 0.75: one clear sign beside the code; 0.6: the code alone says it; below: a suspicion. */
  readonly confidence: number;
  readonly evidence: readonly DiagnosisSign[];
  /** Where it is not the cause's own place. */
  readonly stage?: PathStage;
}

/** Looks at one payment and says what it could be: none, one or more explanations. */
export type Claimant = (situation: Situation) => readonly Claim[];

export function sign(name: string, value?: number | string): DiagnosisSign {
  return value === undefined ? { sign: name } : { sign: name, value };
}

export function claim(
  cause: DiagnosisCause,
  confidence: number,
  evidence: readonly DiagnosisSign[],
  stage?: PathStage,
): Claim {
  return { cause, confidence, evidence, ...(stage === undefined ? {} : { stage }) };
}
