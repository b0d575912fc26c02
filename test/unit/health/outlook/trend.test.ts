import { assert, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { betaBinomialTail } from "../../../../src/health/outlook/beta-binomial-tail.ts";
import { crossing } from "../../../../src/health/outlook/trend.ts";

const DAY = 86_400_000;
const HIGH = { limit: 100, side: "high" } as const;

/** One mean a day. */
function days(count: number, mean: (day: number) => number): { time: number; mean: number }[] {
  return Array.from({ length: count }, (_, day) => ({ time: day * DAY, mean: mean(day) }));
}

/** Small and without a pattern, the same in each run. */
function wobble(day: number): number {
  return ((day * 7_919) % 13) / 6 - 1;
}

describe("a series comes to its limit", () => {
  it("on the day that a straight line says", () => {
    expect(
      crossing(
        days(21, (day) => 10 + 2 * day),
        HIGH,
        20 * DAY,
      ),
    ).toBeCloseTo(45 * DAY, 0);
    expect(
      crossing(
        days(21, (day) => 90 - 2 * day),
        { limit: 10, side: "low" },
        20 * DAY,
      ),
    ).toBeCloseTo(40 * DAY, 0);
  });

  it("whatever a few outliers say", () => {
    const points = days(30, (day) => (day === 4 || day === 17 ? 5_000 : 10 + 2 * day + wobble(day)));
    const at = crossing(points, HIGH, 29 * DAY) ?? 0;
    expect(Math.abs(at - 45 * DAY)).toBeLessThan(2 * DAY);
  });

  it("not when it is told by one outlier, by noise, by a step, or by a counter that began anew", () => {
    const now = 29 * DAY;
    expect(
      crossing(
        days(30, (day) => (day === 29 ? 99 : 20 + wobble(day))),
        HIGH,
        now,
      ),
    ).toBeUndefined();
    expect(
      crossing(
        days(30, (day) => 90 + wobble(day)),
        HIGH,
        now,
      ),
    ).toBeUndefined();
    expect(
      crossing(
        days(30, (day) => (day < 15 ? 20 : 80) + wobble(day)),
        HIGH,
        now,
      ),
    ).toBeUndefined();
    expect(
      crossing(
        days(30, (day) => (day < 24 ? 3 * day : 3 * (day - 24))),
        HIGH,
        now,
      ),
    ).toBeUndefined();
  });

  it("not when that is past, goes the other way, lies too far ahead, or too little was seen", () => {
    expect(
      crossing(
        days(21, (day) => 90 + 2 * day),
        HIGH,
        20 * DAY,
      ),
    ).toBeUndefined();
    expect(
      crossing(
        days(21, (day) => 90 - 2 * day),
        HIGH,
        20 * DAY,
      ),
    ).toBeUndefined();
    expect(
      crossing(
        days(21, (day) => 10 + day / 2),
        HIGH,
        20 * DAY,
      ),
    ).toBeUndefined();
    expect(
      crossing(
        days(9, (day) => 60 + 4 * day),
        HIGH,
        8 * DAY,
      ),
    ).toBeUndefined();
    expect(
      crossing(
        days(12, (day) => 20 + 1.5 * day),
        HIGH,
        11 * DAY,
      ),
    ).toBeUndefined();
  });
});

/** By factorials, exactly: only for small whole numbers. */
function slowTail(hits: number, tries: number, alpha: number, beta: number): number {
  const factorial = (n: number): bigint => (n <= 1 ? 1n : BigInt(n) * factorial(n - 1));
  const betaOf = (a: number, b: number): [bigint, bigint] => [
    factorial(a - 1) * factorial(b - 1),
    factorial(a + b - 1),
  ];
  const [under, over] = betaOf(alpha, beta);
  let sum = 0;
  for (let k = hits; k <= tries; k += 1) {
    const [top, bottom] = betaOf(alpha + k, beta + tries - k);
    const choose = factorial(tries) / (factorial(k) * factorial(tries - k));
    sum += Number((choose * top * over * 10n ** 18n) / (bottom * under)) / 1e18;
  }
  return sum;
}

it("the beta-binomial tail equals the exact sum", () => {
  const small = integer({ min: 1, max: 12 });
  assert(
    property(integer({ min: 0, max: 15 }), integer({ min: 0, max: 15 }), small, small, (tries, hits, a, b) => {
      expect(betaBinomialTail(hits, tries, a, b)).toBeCloseTo(hits <= 0 ? 1 : slowTail(hits, tries, a, b), 9);
    }),
  );
});
