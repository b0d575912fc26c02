import { type HealthNode, wholeOf } from "../domain/health.ts";
import type { CertificateVerdict } from "./certificates/judge-certificate.ts";

/** Every certificate that is used or was shown, by its use. */
export function certificatesNode(verdicts: readonly CertificateVerdict[]): HealthNode {
  return wholeOf(
    "certificates",
    verdicts.map((verdict) => ({ weight: "vital", node: nodeOf(verdict) })),
  );
}

function nodeOf({ use, status, daysLeft, reason, advice }: CertificateVerdict): HealthNode {
  return {
    name: use.replaceAll("/", "_"),
    status,
    ...(daysLeft === undefined ? {} : { observedValue: daysLeft, observedUnit: "d" }),
    reason: reason.en,
    ...(advice === undefined ? {} : { advice: advice.en }),
  };
}
