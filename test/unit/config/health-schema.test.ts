import { expect, it } from "vitest";
import { MACHINE_LIMITS } from "../../../src/health/machine/machine-limits.ts";
import { health } from "../../../src/config/health-schema.ts";

it.each([
  ["temperatureC", { warn: 60, clear: 60 }],
  ["memoryFreePercent", { warn: 10, clear: 10 }],
  ["ioPressurePercent", { warn: 5 }],
] as const)("%s in the wrong order is an error at clear", (key, pair) => {
  const wrong = health.safeParse({ [key]: pair });
  expect(wrong.error?.issues[0]?.path).toEqual([key, "clear"]);
});

it("without a word in the config, the machine is judged by the table's own starting values", () => {
  const { on, off } = MACHINE_LIMITS.find(({ node }) => node === "ioPressure") ?? { on: 0, off: 0 };
  expect(health.parse({}).ioPressurePercent).toEqual({ warn: on * 100, clear: off * 100 });
});

it("health's limits have defaults, and a pair in the wrong order is an error at the key that is wrong", () => {
  expect(health.parse({}).certificateDays).toEqual({ warn: 30, fail: 7 });
  const wrong = health.safeParse({ certificateDays: { warn: 5 } });
  expect(wrong.error?.issues[0]?.path).toEqual(["certificateDays", "fail"]);
});
