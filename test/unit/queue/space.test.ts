import { describe, expect, it } from "vitest";
import { seq } from "../../../src/domain/record.ts";
import {
  DEFAULT_SPACE,
  hasRoomForBallast,
  levelOf,
  refusalOf,
  type SpaceFigures,
  type SpaceRules,
} from "../../../src/queue/space.ts";

const RULES: SpaceRules = { ...DEFAULT_SPACE, quota: 1_000, minFree: 50, ballast: 20 };

describe("the level of the space", () => {
  it.each([
    [699, 50, "ok"],
    [700, 50, "warn"],
    [899, 50, "warn"],
    [900, 50, "critical"],
    [999, 50, "critical"],
    [1_000, 50, "full"],
    [0, 49, "critical"],
    [1_000, 0, "full"],
  ] as const)("with %i of 1,000 in use and %i of at least 50 free is %s", (used, free, level) => {
    expect(levelOf({ used, free }, RULES)).toBe(level);
  });
});

it("the ballast comes back only where it would not be given up again at once", () => {
  expect(hasRoomForBallast(89, RULES)).toBe(false);
  expect(hasRoomForBallast(90, RULES)).toBe(true);
});

it("money is refused when the quota or the reserve is used up, not because a limit comes near", () => {
  const figures: SpaceFigures = {
    used: 950,
    free: 10,
    files: 1_200,
    wal: 100,
    quota: 1_000,
    level: "critical",
    ballast: "whole",
    floor: seq(0),
  };
  expect(refusalOf(figures)).toBeUndefined();
  expect(refusalOf({ ...figures, ballast: "growing" })).toBeUndefined();
  expect(refusalOf({ ...figures, ballast: "none" })).toBeUndefined();
  expect(refusalOf({ ...figures, ballast: "released" })).toMatchObject({ code: "store.full" });
  expect(refusalOf({ ...figures, level: "full" })).toMatchObject({ code: "store.full" });
});
