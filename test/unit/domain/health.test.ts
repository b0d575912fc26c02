import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  anyOf,
  HEALTH_STATUSES,
  type HealthNode,
  healthLines,
  type HealthStatus,
  wholeOf,
} from "../../../src/domain/health.ts";

function node(name: string, status: HealthStatus, more: Partial<HealthNode> = {}): HealthNode {
  return { name, status, ...more };
}

describe("health of a whole", () => {
  it("is pass only when every part was checked and passes", () => {
    const ledger = { weight: "vital", node: node("ledger", "pass") } as const;
    expect(wholeOf("gateway", [ledger]).status).toBe("pass");
    expect(wholeOf("gateway", [ledger, { weight: "degrading", node: node("clock", "unknown") }]).status).toBe(
      "unknown",
    );
    expect(wholeOf("gateway", []).status).toBe("unknown");
  });

  it("fails with a vital part, and only warns when headquarters is away", () => {
    const uplink = { weight: "degrading", node: node("uplink", "fail", { reason: "no answer since 10:42" }) } as const;
    expect(wholeOf("gateway", [uplink, { weight: "vital", node: node("ledger", "pass") }])).toMatchObject({
      status: "warn",
      reason: "uplink: no answer since 10:42",
    });
    expect(wholeOf("gateway", [uplink, { weight: "vital", node: node("ledger", "fail") }])).toMatchObject({
      status: "fail",
      reason: "ledger: fail",
    });
  });

  it("takes since, reason and advice from the part that decides", () => {
    const whole = wholeOf("gateway", [
      { weight: "vital", node: node("ledger", "warn", { since: "2026-01-01T10:00:00.000Z", reason: "slow" }) },
      {
        weight: "vital",
        node: node("terminals", "fail", { since: "2026-01-01T09:00:00.000Z", reason: "none", advice: "plug one in" }),
      },
    ]);
    expect(whole).toMatchObject({
      status: "fail",
      since: "2026-01-01T09:00:00.000Z",
      reason: "terminals: none",
      advice: "plug one in",
    });
  });

  it("passes since its last part does", () => {
    const whole = wholeOf("gateway", [
      { weight: "vital", node: node("a", "pass", { since: "2026-01-01T09:00:00.000Z" }) },
      { weight: "vital", node: node("b", "pass", { since: "2026-01-01T10:00:00.000Z" }) },
      { weight: "vital", node: node("c", "pass") },
    ]);
    expect(whole.since).toBe("2026-01-01T10:00:00.000Z");
    expect(whole).not.toHaveProperty("reason");
  });

  it("made of alternatives fails only when all of them do", () => {
    expect(anyOf("terminals", [node("till-1", "fail"), node("till-2", "pass")]).status).toBe("warn");
    expect(anyOf("terminals", [node("till-1", "fail"), node("till-2", "unknown")]).status).toBe("warn");
    expect(anyOf("terminals", [node("till-1", "fail"), node("till-2", "fail")]).status).toBe("fail");
    expect(anyOf("terminals", []).status).toBe("unknown");
  });

  it("never looks better than a part that is not degrading, whatever the tree", () => {
    const status = fc.constantFrom(...HEALTH_STATUSES);
    fc.assert(
      fc.property(fc.array(status, { minLength: 1, maxLength: 6 }), (statuses) => {
        const whole = wholeOf(
          "whole",
          statuses.map((s, i) => ({ weight: "vital", node: node(`part ${i}`, s) })),
        );
        const worst = Math.max(...statuses.map((s) => HEALTH_STATUSES.indexOf(s)));
        expect(HEALTH_STATUSES.indexOf(whole.status)).toBe(worst);
      }),
    );
  });
});

describe("health lines", () => {
  it("name every node by its path, a whole before its parts", () => {
    const tree = wholeOf("gateway", [
      { weight: "vital", node: anyOf("terminals", [node("till-1", "pass"), node("till-2", "warn")]) },
      { weight: "vital", node: node("ledger", "pass") },
    ]);
    expect(healthLines(tree).map(({ path, depth }) => [path, depth])).toEqual([
      ["", 0],
      ["terminals", 1],
      ["terminals/till-1", 2],
      ["terminals/till-2", 2],
      ["ledger", 1],
    ]);
  });
});
