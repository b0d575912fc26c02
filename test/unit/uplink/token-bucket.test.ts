import { expect, test } from "vitest";
import { fullBucket, refill, take } from "../../../src/uplink/token-bucket.ts";

const RATE = { perS: 10, burst: 3 };

test("a full bucket allows a burst and nothing more", () => {
  const one = take(fullBucket(RATE, 0));
  const two = one && take(one);
  const three = two && take(two);
  expect(three?.tokens).toBe(0);
  expect(three && take(three)).toBeUndefined();
});

test("tokens come back at the rate, up to the burst", () => {
  const empty = { tokens: 0, at: 1_000 };
  expect(refill(empty, RATE, 1_150).tokens).toBeCloseTo(1.5);
  expect(refill(empty, RATE, 60_000).tokens).toBe(3);
});

test("a clock that stands still, or goes back, gives nothing", () => {
  expect(refill({ tokens: 1, at: 1_000 }, RATE, 1_000).tokens).toBe(1);
  expect(refill({ tokens: 1, at: 1_000 }, RATE, 0).tokens).toBe(1);
});
