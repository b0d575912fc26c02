import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isPassable, passage } from "../../../src/sim/weather/conditions.ts";
import { readConditions } from "../../../src/sim/weather/conditions-text.ts";
import { seededRandom } from "../../../src/sim/seeded-random.ts";

describe("weather", () => {
  test("is the same for the same seed", () => {
    const lossy = { kind: "lossy", loss: 0.3 } as const;
    const stalls = (seed: number): readonly number[] => {
      const random = seededRandom(seed);
      return Array.from({ length: 50 }, () => passage(lossy, random).delayMs);
    };
    expect(stalls(1)).toEqual(stalls(1));
    expect(stalls(1)).not.toEqual(stalls(2));
  });

  test("stalls as retransmissions do: 200 ms, then 600, 1,400, never longer than it is told", () => {
    const random = seededRandom(1);
    const stalls = new Set(
      Array.from({ length: 2_000 }, () => passage({ kind: "lossy", loss: 0.5, longestStallMs: 2_000 }, random).delayMs),
    );
    expect([...stalls].sort((a, b) => a - b)).toEqual([0, 200, 600, 1_400, 2_000]);
  });

  test("keeps a limited rate whatever it is", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000_000 }), (bytesPerSecond) => {
        const { pieceBytes, pieceEveryMs } = passage({ kind: "slow", latencyMs: 0, bytesPerSecond }, () => 0);
        expect(pieceBytes).toBeGreaterThan(0);
        expect((pieceBytes / pieceEveryMs) * 1_000).toBeCloseTo(bytesPerSecond, 3);
      }),
    );
  });

  test("kills one direction of a half-open line, both of a black hole", () => {
    expect(isPassable({ kind: "halfOpen", dead: "toClient" }, "toClient")).toBe(false);
    expect(isPassable({ kind: "halfOpen", dead: "toClient" }, "toTarget")).toBe(true);
    expect(isPassable({ kind: "blackHole" }, "toTarget")).toBe(false);
  });
});

describe("weather in words", () => {
  test.each([
    ["clear", { kind: "clear" }],
    ["slow latency=200 jitter=50 rate=2000", { kind: "slow", latencyMs: 200, jitterMs: 50, bytesPerSecond: 2_000 }],
    ["  lossy loss=0.2 ", { kind: "lossy", loss: 0.2, longestStallMs: 5_000 }],
    ["halfOpen dead=toTarget", { kind: "halfOpen", dead: "toTarget" }],
    ["trickle every=5", { kind: "trickle", everyMs: 5 }],
    ["closeMidMessage towards=toTarget,after=20", { kind: "closeMidMessage", towards: "toTarget", afterBytes: 20 }],
  ])("%s", (text, conditions) => {
    expect(readConditions(text)).toEqual(conditions);
  });

  test.each([
    ["sunny", "no such weather: sunny"],
    ["", "no such weather"],
    ["slow latency=much", "latency is a number"],
    ["slow lateny=5", "slow has no lateny"],
    ["halfOpen dead=both", "dead is toClient or toTarget"],
  ])("%j is refused in words", (text, complaint) => {
    expect(() => readConditions(text)).toThrow(complaint);
  });
});
