import { expect, it } from "vitest";
import { bootId, instant } from "../../../src/domain/clock.ts";
import { seq } from "../../../src/domain/record.ts";
import { passedByLedger } from "../../../src/clock-belief.ts";
import { BelievedClock } from "../../../src/runtime/believed-clock.ts";

const DAY_MS = 86_400_000;
const RELEASED = Date.parse("2026-01-01T00:00:00.000Z");

function clockAt(now: number | (() => number), synced: boolean): BelievedClock {
  return new BelievedClock(
    {
      now: () => instant(typeof now === "number" ? now : now()),
      monotonicMs: () => 5,
      stamp: () => ({ bootId: bootId("boot"), monotonicMs: 5, synced }),
      sleep: async () => Promise.resolve(),
    },
    instant(RELEASED),
  );
}

it("a clock is synchronised when the machine's mark or the kernel says so, and its time can be", () => {
  expect(clockAt(RELEASED, true).stamp()).toEqual({ bootId: "boot", monotonicMs: 5, synced: true });
  expect(clockAt(RELEASED, false).stamp().synced).toBe(false);
  const told = clockAt(RELEASED, false);
  told.heard(true);
  expect(told.stamp().synced).toBe(true);
  told.heard(false);
  expect(told.stamp().synced).toBe(false);
  const early = clockAt(RELEASED - 1, true);
  early.heard(true);
  expect(early.stamp().synced).toBe(false);
  expect(early.now(), "the time itself stays what the machine shows").toBe(RELEASED - 1);
});

it("a clock that falls back by more than a day is not believed, however right it was before", () => {
  let now = RELEASED + 10 * DAY_MS;
  const clock = clockAt(() => now, true);
  expect(clock.stamp().synced).toBe(true);
  now -= DAY_MS;
  expect(clock.stamp().synced).toBe(true);
  now -= 1;
  expect(clock.stamp().synced).toBe(false);
  now += 1;
  expect(clock.stamp().synced).toBe(true);
});

it("what is known to have passed only ever rises", () => {
  const clock = clockAt(RELEASED + DAY_MS, true);
  clock.raise(instant(RELEASED + 2 * DAY_MS));
  expect(clock.isPlausible).toBe(false);
  clock.raise(instant(RELEASED));
  expect(clock.isPlausible).toBe(false);
});

function ledger(newest: object, durable = 3) {
  return {
    durable: seq(durable),
    page: async () => Promise.resolve([{ envelope: Buffer.from(JSON.stringify(newest)) }]),
  };
}

it("the newest record tells that a day before it has passed, when its own clock was right", async () => {
  const at = "2026-03-01T00:00:00.000Z";
  const clock = { bootId: "boot", monotonicMs: 5, synced: true };
  expect(await passedByLedger(ledger({ at, clock }))).toBe(Date.parse(at) - DAY_MS);
  expect(await passedByLedger(ledger({ at, clock: { ...clock, synced: false } }))).toBeUndefined();
  expect(await passedByLedger(ledger({}, 0))).toBeUndefined();
});
