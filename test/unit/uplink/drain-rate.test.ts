import { expect, test } from "vitest";
import { type DrainRate, forecast, NO_SAMPLES, sampleDrain } from "../../../src/uplink/drain-rate.ts";

/** @param appended  Records a second that come meanwhile. */
function draining(
  seconds: number,
  perS: number,
  appended = 0,
): { rate: DrainRate; mark: number; head: number; at: number } {
  let rate = NO_SAMPLES;
  let [mark, head, at] = [0, 10_000, 0];
  for (; at < seconds * 1_000; at += 100) {
    rate = sampleDrain(rate, { at, mark, head });
    mark += perS / 10;
    head += appended / 10;
  }
  return { rate, mark, head, at };
}

test("says when it will be done at the present speed", () => {
  const { rate, ...now } = draining(20, 50);
  const { perS, drainedInS } = forecast(rate, now);
  expect(perS).toBeCloseTo(50);
  expect(drainedInS).toBeCloseTo(9_000 / 50);
});

test("counts what comes meanwhile", () => {
  const { rate, ...now } = draining(20, 50, 30);
  expect(forecast(rate, now).drainedInS).toBeCloseTo((10_000 - 20 * 20) / 20);
});

test("says nothing where nothing moves, or more comes than goes", () => {
  for (const { rate, ...now } of [draining(20, 0), draining(20, 50, 60), draining(0, 50)]) {
    expect(forecast(rate, now).drainedInS).toBeUndefined();
  }
});

test("has nothing to wait for when everything is confirmed", () => {
  expect(forecast(NO_SAMPLES, { at: 5, mark: 7, head: 7 }).drainedInS).toBe(0);
});

test("looks back half a minute, and not beyond a mark that has gone back", () => {
  const { rate } = draining(300, 50);
  expect(rate.samples.length).toBeLessThanOrEqual(31);
  const after = sampleDrain(rate, { at: 300_000, mark: 3, head: 10_000 });
  expect(after.samples).toHaveLength(1);
});
