import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Aggregate, joined, merged, pointsOf, single, wholeOf } from "../../../src/domain/history.ts";
import { type DatedValue, HistoryBook } from "../../../src/queue/history/history-book.ts";
import { packMinutes, unpackMinutes } from "../../../src/queue/history/packed-minutes.ts";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** 2026-01-31T10:00:00Z. */
const TEN = Date.UTC(2026, 0, 31, 10);

const float = fc.float({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 });
const several = fc
  .tuple(fc.array(float, { minLength: 3, maxLength: 3 }), fc.integer({ min: 2, max: 65_535 }))
  .map(([values, count]): Aggregate => {
    const [min = 0, mean = 0, max = 0] = values.toSorted((a, b) => a - b);
    return { count, min, mean, max };
  });
const minutes = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 59 }), fc.oneof(float.map(single), several)), { maxLength: 60 })
  .map((list) => new Map(list));

describe("an hour's minutes, packed", () => {
  it("come back with seven digits, and gaps as gaps", () => {
    fc.assert(
      fc.property(minutes, (hour) => {
        const back = unpackMinutes(packMinutes(hour));
        expect([...back.keys()]).toEqual([...hour.keys()].toSorted((a, b) => a - b));
        for (const [minute, { count, min, mean, max }] of hour) {
          const got = back.get(minute);
          expect(got?.count).toBe(count);
          for (const [a = 0, b] of [
            [got?.min, min],
            [got?.mean, mean],
            [got?.max, max],
          ] as const)
            expect(Math.abs(a - b)).toBeLessThanOrEqual(Math.abs(b) * 1e-6 + 1e-40);
        }
      }),
    );
  });

  it("take 4 bytes for a minute with one value", () => {
    const hour = new Map(Array.from({ length: 60 }, (_, n) => [n, single(n / 10)]));
    expect(packMinutes(hour)).toHaveLength(16 + 240);
    expect(unpackMinutes(packMinutes(hour)).get(3)).toEqual(single(0.3));
  });

  it("never throw, whatever the bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 900 }), (bytes) => unpackMinutes(bytes).size <= 60));
  });
});

describe("aggregates", () => {
  it("are the same in whatever pieces they come", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1 }), fc.nat(), (values, where) => {
        const cut = where % values.length;
        const left = wholeOf(values.slice(0, cut).map(single));
        const right = wholeOf(values.slice(cut).map(single));
        const whole = right === undefined ? left : merged(left, right);
        expect(whole).toMatchObject({
          count: values.length,
          min: Math.min(...values),
          max: Math.max(...values),
        });
        expect(whole?.mean).toBeCloseTo(values.reduce((sum, one) => sum + one, 0) / values.length, 6);
      }),
    );
  });

  it("of one time become one point, marked when either was undated", () => {
    const points = joined(
      [{ at: 1, ...single(2) }],
      [{ at: 1, ...single(4), undated: true }],
      [{ at: 0, ...single(9) }],
    );
    expect(points).toEqual([
      { at: 0, ...single(9) },
      { at: 1, count: 2, min: 2, mean: 3, max: 4, undated: true },
    ]);
  });

  it("are told by the minute or by the hour, within the time that was asked for", () => {
    const hours = [
      {
        series: "a",
        hour: 1,
        isUndated: false,
        minutes: new Map([
          [0, single(1)],
          [59, single(3)],
        ]),
      },
    ];
    const ask = { series: "a", from: HOUR_MS, to: 2 * HOUR_MS };
    expect(pointsOf(hours, { ...ask, step: "hour" })).toEqual([{ at: HOUR_MS, count: 2, min: 1, mean: 2, max: 3 }]);
    expect(pointsOf(hours, { ...ask, from: HOUR_MS + 1, step: "minute" }).map(({ at }) => at)).toEqual([
      HOUR_MS + 59 * MINUTE_MS,
    ]);
    expect(pointsOf(hours, { ...ask, series: "b", step: "minute" })).toEqual([]);
  });
});

const value = (at: number, mono: number, isSynced: boolean): DatedValue => ({
  series: "a",
  at,
  mono,
  isSynced,
  value: mono,
});

describe("what is not written yet", () => {
  it("from before the clock was right gets its true time when it is", () => {
    const book = new HistoryBook();
    book.add(value(Date.UTC(1970, 0, 1), 0, false));
    expect(book.hours()).toMatchObject([{ isUndated: true }]);
    book.add(value(TEN + MINUTE_MS, MINUTE_MS, true));
    expect(book.take(MINUTE_MS, false)).toEqual([
      {
        series: "a",
        hour: TEN / HOUR_MS,
        isUndated: false,
        minutes: new Map([
          [0, single(0)],
          [1, single(MINUTE_MS)],
        ]),
      },
    ]);
    expect(book.hours()).toEqual([]);
  });

  it("waits for the clock for 15 minutes, then is kept and marked; at the end of the process at once", () => {
    const book = new HistoryBook();
    book.add(value(TEN, 0, false));
    expect(book.take(14 * MINUTE_MS, false)).toEqual([]);
    expect(book.take(15 * MINUTE_MS, false)).toMatchObject([{ isUndated: true }]);
    book.add(value(TEN, 16 * MINUTE_MS, false));
    expect(book.take(16 * MINUTE_MS, true)).toMatchObject([{ isUndated: true }]);
  });

  it("is bounded, and what found no room is counted", () => {
    const book = new HistoryBook();
    for (let n = 0; n < 1_003; n += 1) book.add({ series: `s${n}`, at: TEN, mono: 0, isSynced: true, value: 1 });
    expect(book.take(0, false)).toHaveLength(1_000);
    expect(book.dropped).toBe(3);
  });

  it("knows no figure that is none", () => {
    const book = new HistoryBook();
    book.add({ series: "a", at: TEN, mono: 0, isSynced: true, value: Number.NaN });
    expect(book.hours()).toEqual([]);
  });
});
