import { describe, expect, it } from "vitest";
import { instant } from "../../../src/domain/clock.ts";
import { seq } from "../../../src/domain/record.ts";
import { ageOf, isDue, type LastBackup, type Moment } from "../../../src/queue/backup/due.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOON = Date.UTC(2026, 10, 25, 12);
const NOW: Moment = { at: instant(NOON), synced: true, monotonicMs: 10 * DAY, head: seq(1_000) };

const takenBefore = (ms: number, head = 900): LastBackup => ({ head: seq(head), takenAt: instant(NOON - ms) });

describe("a backup is due", () => {
  it("when there is none", () => {
    expect(isDue(undefined, NOW, DAY, 0)).toBe(true);
  });

  it("when the newest is older than wanted, and not before", () => {
    expect(isDue(takenBefore(DAY - 1), NOW, DAY, 0)).toBe(false);
    expect(isDue(takenBefore(DAY), NOW, DAY, 0)).toBe(true);
    expect(isDue({ head: seq(900), madeAtMs: NOW.monotonicMs - DAY }, NOW, DAY, 0)).toBe(true);
    expect(isDue({ head: seq(900), madeAtMs: NOW.monotonicMs - DAY + 1 }, NOW, DAY, 0)).toBe(false);
  });

  it("never while it would hold nothing new", () => {
    expect(isDue(takenBefore(100 * DAY, 1_000), NOW, DAY, 100 * DAY)).toBe(false);
  });

  it("by the monotonic clock where this process made it, whatever the wall clock says", () => {
    const made = { ...takenBefore(100 * DAY), madeAtMs: NOW.monotonicMs - HOUR };
    expect(isDue(made, NOW, DAY, 0)).toBe(false);
    expect(ageOf(made, NOW)).toBe(HOUR);
  });

  it("by the records since where no clock can be trusted, or by how long this process has run", () => {
    for (const [last, now] of [
      [{ head: seq(501) }, NOW],
      [takenBefore(DAY * 100, 501), { ...NOW, synced: false }],
      // Dated by a clock that ran ahead.
      [takenBefore(-DAY, 501), NOW],
    ] as const) {
      expect(isDue(last, now, DAY, 0)).toBe(false);
      expect(isDue({ ...last, head: seq(500) }, now, DAY, 0)).toBe(true);
      expect(isDue(last, now, DAY, DAY)).toBe(true);
    }
  });
});
