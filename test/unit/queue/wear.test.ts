import { expect, it } from "vitest";
import { NO_WEAR, type WearState, worn, writtenPerDay } from "../../../src/queue/wear.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function written(state: WearState, bytes: number, hours: number): WearState {
  let next = state;
  for (let minute = 0; minute < hours * 60; minute += 1) next = worn(next, bytes / 60, MINUTE);
  return next;
}

it("sums what was written in the last 24 hours of running", () => {
  const first = written(NO_WEAR, 6_000, 2);
  expect(writtenPerDay(first)).toBeCloseTo(12_000);
  expect(writtenPerDay(written(first, 600, 30))).toBeCloseTo(600 * 23, -3);
});

it("forgets a busy day after 24 quiet hours, and no sooner", () => {
  const busy = written(NO_WEAR, 1e6, 24);
  expect(writtenPerDay(written(busy, 0, 12))).toBeGreaterThan(1e7);
  expect(writtenPerDay(written(busy, 0, 24))).toBe(0);
});

it("counts a long sleep between two looks as hours in which nothing else was written", () => {
  const state = worn(written(NO_WEAR, 1_000, 3), 500, 100 * HOUR);
  expect(state.hours.length).toBeLessThanOrEqual(24);
  expect(writtenPerDay(state)).toBe(0);
});
