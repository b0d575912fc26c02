import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bootId, type Instant, instant, instantOf, type Moment, momentOf } from "../../../src/domain/clock.ts";
import type { ClockRecord } from "../../../src/domain/clock-record.ts";
import { BootTimes, redatedAt } from "../../../src/domain/redate.ts";

const BOOT = bootId("boot-1");
/** When this boot began, in truth. */
const BEGAN = Date.parse("2026-01-31T10:00:00.000Z");

function moment(at: number, monotonicMs: number, synced: boolean, boot = BOOT): Moment {
  return { at: instant(at), clock: { bootId: boot, monotonicMs, synced } };
}

function told(event: ClockRecord["event"], byMs?: number): ClockRecord {
  return { event, at: "2026-01-31T10:00:00.000Z", ...(byMs === undefined ? {} : { byMs }) };
}

/** A boot that begins in 1970 and whose clock is set right after a minute. */
function setAfterAMinute(): BootTimes {
  const times = new BootTimes();
  times.take(moment(BEGAN + 60_000, 60_000, false), told("stepped", BEGAN));
  times.take(moment(BEGAN + 60_000, 60_000, true), told("synchronised"));
  return times;
}

describe("the text of a time", () => {
  it("is read as everybody else reads it", () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date(0), max: new Date("9999-12-31T23:59:59.999Z"), noInvalidDate: true }),
        (date) => {
          expect(instantOf(date.toISOString())).toBe(date.getTime());
        },
      ),
    );
    expect(instantOf("2024-02-29T12:00:00.000Z")).toBe(Date.parse("2024-02-29T12:00:00.000Z"));
    expect(instantOf("2026-01-31T18:00:00+08:00")).toBeUndefined();
  });

  it("is found in an envelope with its clock, or not at all", () => {
    const clock = { bootId: "boot-1", monotonicMs: 5, synced: false };
    expect(momentOf({ at: "1970-01-01T00:00:01.000Z", clock })).toEqual({ at: 1_000, clock });
    expect(momentOf({ at: "1970-01-01T00:00:01.000Z" })).toBeUndefined();
    expect(momentOf({ at: "yesterday", clock })).toBeUndefined();
  });
});

describe("re-dating", () => {
  it("dates what was recorded before the clock was set, to the millisecond", () => {
    expect(setAfterAMinute().dated(moment(12_000, 12_000, false))).toEqual({ at: BEGAN + 12_000, basis: "redated" });
  });

  it("leaves alone what was recorded under a right clock, and what no clock ever dates", () => {
    const times = setAfterAMinute();
    expect(times.dated(moment(123, 70_000, true))).toEqual({ at: 123, basis: "synchronised" });
    expect(times.dated(moment(123, 70_000, false, bootId("boot-2")))).toEqual({ at: 123, basis: "unknown" });
  });

  it("dates what was recorded after the clock was lost by the last time that it was right", () => {
    expect(setAfterAMinute().dated(moment(5, 100_000, false))).toEqual({ at: BEGAN + 100_000, basis: "redated" });
  });

  it("believes no clock record that was itself written under a wrong clock", () => {
    const times = new BootTimes();
    times.take(moment(5, 5, false), told("synchronised"));
    expect(times.dated(moment(1, 1, false)).basis).toBe("unknown");
  });

  it("dates a time that a record names, although the clock was set between the two", () => {
    const answered = moment(BEGAN + 61_000, 61_000, true);
    expect(setAfterAMinute().datedWall(instant(58_000), answered)).toEqual({ at: BEGAN + 58_000, basis: "redated" });
    expect(setAfterAMinute().datedWall(instant(BEGAN + 60_500), answered)).toEqual({
      at: BEGAN + 60_500,
      basis: "synchronised",
    });
  });

  it("does not guess at a time from before the boot", () => {
    const later = moment(BEGAN + 61_000, 61_000, true);
    const lastYear = instant(BEGAN - 1e10);
    expect(setAfterAMinute().datedWall(lastYear, later)).toEqual({ at: lastYear, basis: "synchronised" });
    expect(setAfterAMinute().datedWall(instant(-5), moment(12_000, 12_000, false)).basis).toBe("unknown");
  });

  it("says the same whatever the order and number of times in which it was told", () => {
    const clocks = [
      [moment(BEGAN + 60_000, 60_000, false), told("stepped", BEGAN)],
      [moment(BEGAN + 60_000, 60_000, true), told("synchronised")],
      [moment(BEGAN + 90_000, 90_000, true), told("synchronised")],
    ] as const;
    const forward = new BootTimes();
    for (const [at, record] of clocks) forward.take(at, record);
    const back = new BootTimes();
    for (const [at, record] of [...clocks, ...clocks].toReversed()) back.take(at, record);
    expect(JSON.stringify(back)).toBe(JSON.stringify(forward));
    expect(JSON.stringify(BootTimes.from(forward.toJSON()))).toBe(JSON.stringify(forward));
  });

  it("gives back the true time through any number of steps of the clock", () => {
    const step = fc.record({
      afterMs: fc.integer({ min: 60_000, max: 3_600_000 }),
      byMs: fc.oneof(
        fc.integer({ min: 2_001, max: 2e9 }),
        fc.integer({ min: 10_000, max: 2e9 }).map((ms) => -ms),
      ),
    });
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 6 }),
        fc.integer({ min: 0, max: 1e12 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (steps, believedAtBoot, share) => {
          const times = new BootTimes();
          const walls = [{ from: 0, offset: believedAtBoot }];
          let end = 0;
          let offset = believedAtBoot;
          for (const { afterMs, byMs } of steps) {
            end += afterMs;
            offset += byMs;
            walls.push({ from: end, offset });
            times.take(moment(end + offset, end, false), told("stepped", byMs));
          }
          end += 100_000;
          // At last the clock is set right, and that is noticed at once.
          times.take(moment(BEGAN + end, end, false), told("stepped", BEGAN - offset));
          const right = moment(BEGAN + end, end, true);
          times.take(right, told("synchronised"));

          const at = Math.floor(end * share);
          const wall = (walls.findLast(({ from }) => from <= at)?.offset ?? 0) + at;
          expect(times.dated(moment(wall, at, false)).at).toBe(BEGAN + at);
          expect(redatedAt(moment(wall, at, false), right)).toBe(BEGAN + at);
          // A clock that was set back shows some times twice: then it is one of them.
          const candidates = [...walls, { from: end, offset: BEGAN }]
            .map((wallClock, index, all): Instant | undefined => {
              const monotonicMs = wall - wallClock.offset;
              const to = all[index + 1]?.from ?? end;
              return monotonicMs >= wallClock.from - 10_000 && monotonicMs <= to
                ? instant(BEGAN + monotonicMs)
                : undefined;
            })
            .filter((candidate) => candidate !== undefined);
          expect(candidates).toContain(times.datedWall(instant(wall), right).at);
        },
      ),
    );
  });
});
