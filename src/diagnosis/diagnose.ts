import { CAUSES, type Diagnosis } from "../domain/diagnosis.ts";
import { CONFIDENT_AT } from "../domain/interference.ts";
import type { Claim, Claimant } from "./claim.ts";
import { cardClaims } from "./claims/card.ts";
import { deviceClaims } from "./claims/device.ts";
import { duplicateClaims } from "./claims/duplicate.ts";
import { hostClaims } from "./claims/host.ts";
import { lineClaims } from "./claims/line.ts";
import { linkedClaims } from "./claims/linked.ts";
import { merchantClaims } from "./claims/merchant.ts";
import { oddClaims } from "./claims/odd.ts";
import { terminalClaims } from "./claims/terminal.ts";
import type { Situation } from "./situation.ts";

/** Between equals the earlier one holds. */
const CLAIMANTS: readonly Claimant[] = [
  oddClaims,
  deviceClaims,
  lineClaims,
  hostClaims,
  merchantClaims,
  terminalClaims,
  duplicateClaims,
  linkedClaims,
  cardClaims,
];

/** The best explanation of one payment that did not go as it should; `unknown` where none is good enough. */
export function diagnose(situation: Situation): Diagnosis {
  let best: Claim | undefined;
  for (const found of CLAIMANTS.flatMap((claims) => claims(situation))) {
    if (best === undefined || found.confidence > best.confidence) best = found;
  }
  if (best === undefined)
    return { category: "unknown", cause: "unknown", stage: "unknown", confidence: 0, evidence: [] };
  const { cause, confidence, evidence } = best;
  if (confidence < CONFIDENT_AT) {
    return { category: "unknown", cause: "unknown", stage: "unknown", confidence, evidence, suspected: cause };
  }
  return { category: CAUSES[cause].category, cause, stage: best.stage ?? CAUSES[cause].stage, confidence, evidence };
}
