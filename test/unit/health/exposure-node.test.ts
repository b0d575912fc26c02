import { describe, expect, it } from "vitest";
import { type Exposure, type ExposureMeasure, MEASURES } from "../../../src/domain/exposure.ts";
import type { HealthNode } from "../../../src/domain/health.ts";
import { exposureNode } from "../../../src/health/exposure-node.ts";
import { aMeasure, NOTHING_AT_RISK } from "../../support/exposures.ts";

function nodeFor(differs: Partial<Exposure>): HealthNode {
  return exposureNode({ now: { ...NOTHING_AT_RISK, ...differs } });
}

function atLeast(ageS: number): ExposureMeasure {
  return { ...aMeasure(ageS), oldestAgeIsAtLeast: true };
}

describe("exposure in the health tree", () => {
  it("passes when nothing is at risk, and is unknown while nobody has looked", () => {
    expect(nodeFor({})).toEqual({ name: "exposure", status: "pass" });
    expect(exposureNode({ unknownBecause: "the ledger is still being read" })).toMatchObject({ status: "unknown" });
  });

  it("shows what is at risk without complaint for as long as that is usual", () => {
    const day = nodeFor({ inDoubt: aMeasure(900), unsettled: aMeasure(129_600), notUploaded: aMeasure(86_400) });
    expect(day.status).toBe("pass");
    expect(day.parts).toMatchObject([
      { name: "inDoubt", status: "pass", observedValue: 1, observedUnit: "transactions" },
      { name: "unsettled", status: "pass" },
      { name: "notUploaded", status: "pass" },
    ]);
  });

  it("warns, with what to do, when it stays too long or is never usual", () => {
    const tooMuch: readonly Partial<Exposure>[] = [
      { inDoubt: aMeasure(901) },
      { reversalAbandoned: aMeasure(0) },
      { unsettled: aMeasure(129_601) },
      { notUploaded: aMeasure(86_401) },
      { unbalanced: aMeasure(0) },
    ];
    for (const differs of tooMuch) {
      const [name] = Object.keys(differs);
      const node = nodeFor(differs);
      expect({ name, status: node.status, advice: node.advice !== undefined }).toEqual({
        name,
        status: "warn",
        advice: true,
      });
      expect(node.reason).toContain(name);
    }
    expect(tooMuch).toHaveLength(MEASURES.length);
  });

  it("judges no age that the clock does not tell, unless it is too much already", () => {
    expect(nodeFor({ unsettled: atLeast(60) })).toMatchObject({ status: "unknown", reason: /clock/ });
    expect(nodeFor({ unsettled: atLeast(200_000) }).status).toBe("warn");
  });

  it("says nothing of what is only not reported yet: headquarters' node does", () => {
    expect(nodeFor({ unreported: { ...aMeasure(1e6), records: 3 } })).toEqual({ name: "exposure", status: "pass" });
  });
});
