import { expect, test } from "vitest";
import { healthStateSchema } from "../../src/contract/health-state.ts";
import type { HealthNode } from "../../src/domain/health.ts";
import { healthState } from "../../src/health-state.ts";
import { systemClock } from "../../src/runtime/clock.ts";

function tree(clock: HealthNode["status"], reason: string): HealthNode {
  const since = "2026-01-01T00:00:00.000Z";
  const acquirers: HealthNode = { name: "acquirers", status: "pass", parts: [{ name: "unionpay", status: "pass" }] };
  return {
    name: "tillgate",
    status: clock,
    parts: [acquirers, { name: "clock", status: clock, reason, since, advice: "Look at it.", observedValue: 7 }],
  };
}

function print(node: HealthNode): string {
  return healthState(() => node, systemClock()).fingerprint();
}

test("headquarters gets the parts below the root in short, with a time after which it says nothing any more", () => {
  const state = healthState(() => tree("warn", "not synchronised"), systemClock());
  const { asOf, expiresAt, ...rest } = healthStateSchema.parse(JSON.parse(state.current() ?? ""));
  expect(state.topic).toBe("health");
  expect(Date.parse(expiresAt) - Date.parse(asOf)).toBe(180_000);
  expect(rest).toEqual({
    status: "warn",
    parts: [
      { name: "acquirers", status: "pass" },
      {
        name: "clock",
        status: "warn",
        since: "2026-01-01T00:00:00.000Z",
        reason: "not synchronised",
        advice: "Look at it.",
      },
    ],
  });
});

test("a change of any node's status is news, of its words or figures not", () => {
  const before = tree("warn", "3 s off");
  expect(print(tree("warn", "4 s off"))).toBe(print(before));
  expect(print(tree("fail", "3 s off"))).not.toBe(print(before));
  const [acquirers, clock] = before.parts ?? [];
  if (acquirers === undefined || clock === undefined) throw new Error("the tree has two parts");
  const deep = { ...acquirers, parts: [{ name: "unionpay", status: "warn" } as const] };
  expect(print({ ...before, parts: [deep, clock] })).not.toBe(print(before));
});
