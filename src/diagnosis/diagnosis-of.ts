import type { Diagnosis } from "../domain/diagnosis.ts";
import type { DiagnosisState } from "./state.ts";

/** What a payment of the last day is diagnosed as; `undefined` where it needs none, or is older. */
export function diagnosisOf({ seen }: DiagnosisState, transaction: string): Diagnosis | undefined {
  return seen.get(transaction)?.told;
}
