import { describe, expect, it } from "vitest";
import { type Instant, instant } from "../../../src/domain/clock.ts";
import { due, type LastRuns, type Schedule } from "../../../src/terminals/schedule/due.ts";
import { isOlder, maintenanceDue } from "../../../src/terminals/schedule/maintenance.ts";

function at(text: string): Instant {
  return instant(Date.parse(text));
}

function jobs(now: string, schedule: Schedule, last: LastRuns = {}, zone = "Asia/Shanghai"): readonly string[] {
  return due({ at: at(now), synced: true }, schedule, last, zone);
}

describe("what is due by the clock", () => {
  const nightly: Schedule = { settleAt: "23:30" };

  it("is due from the shop's own time of day on, once a day", () => {
    const yesterday: LastRuns = { settle: at("2026-03-01T23:30:20+08:00") };
    expect(jobs("2026-03-02T23:29:59+08:00", nightly, yesterday)).toEqual([]);
    expect(jobs("2026-03-02T23:30:00+08:00", nightly, yesterday)).toEqual(["settle"]);
    expect(jobs("2026-03-02T23:31:00+08:00", nightly, { settle: at("2026-03-02T23:30:00+08:00") })).toEqual([]);
  });

  it("is caught up with after midnight, but not in the middle of the next day", () => {
    const last: LastRuns = { settle: at("2026-03-01T23:30:00+08:00") };
    expect(jobs("2026-03-03T02:00:00+08:00", nightly, last)).toEqual(["settle"]);
    expect(jobs("2026-03-03T02:00:00+08:00", nightly, { settle: at("2026-03-03T01:00:00+08:00") })).toEqual([]);
    expect(jobs("2026-03-03T10:00:00+08:00", nightly, last)).toEqual([]);
  });

  it("is nothing while the clock is not known to be right", () => {
    expect(due({ at: at("2026-03-02T23:30:00+08:00"), synced: false }, nightly, {}, "Asia/Shanghai")).toEqual([]);
  });

  it("does not come twice in the hour that comes twice, nor fail in the hour that does not come", () => {
    const early: Schedule = { settleAt: "02:30" };
    // Berlin, 25 October 2026: 02:30 at +02:00, and again an hour later at +01:00.
    const first = at("2026-10-25T02:30:00+02:00");
    expect(jobs("2026-10-25T02:30:00+02:00", early, {}, "Europe/Berlin")).toEqual(["settle"]);
    for (const again of ["2026-10-25T02:30:00+01:00", "2026-10-25T02:59:00+01:00", "2026-10-25T03:30:00+01:00"]) {
      expect(jobs(again, early, { settle: first }, "Europe/Berlin"), again).toEqual([]);
    }
    // 29 March 2026: from 02:00 to 03:00.
    const before = { settle: at("2026-03-28T02:30:00+01:00") };
    expect(jobs("2026-03-29T03:00:00+02:00", early, before, "Europe/Berlin")).toEqual(["settle"]);
  });

  it("may be several times a day, and comes with what moves money first", () => {
    const busy: Schedule = { settleAt: "12:00", statusAt: ["09:00", "12:00"], diagnoseAt: ["12:00"] };
    expect(jobs("2026-03-02T12:00:30+08:00", busy, { status: at("2026-03-02T09:00:10+08:00") })).toEqual([
      "settle",
      "status",
      "diagnose",
    ]);
    expect(jobs("2026-03-02T12:05:00+08:00", busy, { ...sameMoment("2026-03-02T12:01:00+08:00") })).toEqual([]);
  });
});

function sameMoment(text: string): LastRuns {
  return { settle: at(text), status: at(text), diagnose: at(text) };
}

describe("what a person has to see to", () => {
  const schedule: Schedule = { maintenanceDue: "2026-04-01", contractEnds: "2026-05-15", softwareAtLeast: "2.1.0" };
  const found = (now: string, firmware?: string): readonly string[] =>
    maintenanceDue({ at: at(now), synced: true }, schedule, firmware, "Asia/Shanghai").map(({ what }) => what);

  it("is told by the shop's calendar", () => {
    expect(found("2026-03-31T23:59:00+08:00")).toEqual([]);
    expect(found("2026-04-01T00:00:00+08:00")).toEqual(["maintenance"]);
    expect(found("2026-04-15T00:00:00+08:00")).toEqual(["maintenance", "contractEndsSoon"]);
    expect(found("2026-05-16T00:00:00+08:00")).toEqual(["maintenance", "contractEnded"]);
  });

  it("is software that is too old, as far as versions can be compared", () => {
    expect(found("2026-03-01T12:00:00+08:00", "GER-APP-v2.0.9")).toEqual(["software"]);
    expect(found("2026-03-01T12:00:00+08:00", "2.10")).toEqual([]);
    expect(isOlder("2.1", "2.1.0")).toBe(false);
    expect(isOlder("unknown", "2.1")).toBe(false);
  });
});
