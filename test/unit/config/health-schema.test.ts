import { expect, it } from "vitest";
import { health } from "../../../src/config/health-schema.ts";

it("health's limits have defaults, and a pair in the wrong order is an error at the key that is wrong", () => {
  expect(health.parse({}).certificateDays).toEqual({ warn: 30, fail: 7 });
  const wrong = health.safeParse({ certificateDays: { warn: 5 } });
  expect(wrong.error?.issues[0]?.path).toEqual(["certificateDays", "fail"]);
});
