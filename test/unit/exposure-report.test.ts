import { describe, expect, it } from "vitest";
import { exposureSchema } from "../../src/contract/exposure.ts";
import { seq, streamId } from "../../src/domain/record.ts";
import { transactionId } from "../../src/domain/transaction.ts";
import { ExposureReport } from "../../src/exposure-report.ts";
import type { Clock } from "../../src/runtime/clock.ts";
import { Story } from "./exposure/story.ts";

const STREAM = streamId("00000000-0000-4000-8000-000000000001");

function reportOf(story: Story, from = 1): ExposureReport {
  const running = {
    present: () => {
      story.view();
      return story.state;
    },
    failure: undefined,
    from: seq(from),
  };
  const ledger = {
    stream: STREAM,
    get durable() {
      return seq(story.records.length);
    },
    mark: () => story.mark,
  };
  return new ExposureReport(running, ledger, clockOf(story));
}

describe("the exposure message", () => {
  it("fits its schema, and says from which record on it counts when not from the first", () => {
    const story = new Story().transaction("answered").after(5);
    const text = reportOf(story, 7).retained().current() ?? "";
    expect(exposureSchema.parse(JSON.parse(text))).toMatchObject({
      asOf: "2026-01-31T10:00:05.000Z",
      clockSynced: true,
      stream: STREAM,
      countsFrom: 7,
      unsettled: { count: 1, oldestAgeS: 5, sums: [{ terminal: "till-1", currency: "CNY", debit: 12_345 }] },
      unreported: { records: 1, count: 1 },
    });
    expect(reportOf(story).retained().current()).not.toContain("countsFrom");
  });

  it("is told again at once when money comes into danger or out of it, and not for every sale", () => {
    const story = new Story().transaction("answered");
    const fingerprint = (): string => reportOf(story).retained().fingerprint();
    const atRest = fingerprint();
    story.after(30).transaction("answered", { id: transactionId("t-2"), stan: "000002" });
    expect(fingerprint()).toBe(atRest);
    story.transaction("unanswered", { id: transactionId("t-3"), outcome: "inDoubt" });
    const inDoubt = fingerprint();
    expect(inDoubt).not.toBe(atRest);
    story.after(30);
    expect(fingerprint()).toBe(inDoubt);
    story.transaction("answered", { id: transactionId("t-3"), outcome: "declined" });
    expect(fingerprint()).toBe(atRest);
  });

  it("adds up anew for every record, and for ages alone every five seconds", () => {
    const story = new Story().transaction("answered");
    const report = reportOf(story);
    const said = (): string => JSON.stringify(report.message());
    const first = said();
    story.after(4);
    expect(said()).toBe(first);
    story.after(1);
    expect(report.message()).toMatchObject({ asOf: "2026-01-31T10:00:05.000Z", unsettled: { oldestAgeS: 5 } });
    story.after(1).transaction("unanswered", { id: transactionId("t-2"), outcome: "inDoubt" });
    expect(report.message()).toMatchObject({ asOf: "2026-01-31T10:00:06.000Z", inDoubt: { count: 1 } });
  });

  it("does not exist while the ledger has not been read", () => {
    const story = new Story();
    const clock = clockOf(story);
    const ledger = { stream: STREAM, durable: seq(0), mark: () => seq(0) };
    const reading = new ExposureReport({ present: () => undefined, failure: undefined, from: seq(1) }, ledger, clock);
    expect(reading.retained().current()).toBeUndefined();
    expect(reading.readings()).toEqual([]);
    expect(reading.message()).toEqual({ unknownBecause: "the ledger is still being read" });
    const failed = new ExposureReport(
      { present: () => undefined, failure: "x of undefined", from: seq(1) },
      ledger,
      clock,
    );
    expect(failed.message()).toEqual({ unknownBecause: "a fault of tillgate's, please report it: x of undefined" });
  });

  it("is also told as metrics: items, amounts by side, the oldest", () => {
    const story = new Story().transaction("answered");
    story.after(2).transaction("answered", { id: transactionId("t-2"), kind: "refund" });
    story.mark = seq(2);
    const labels = { measure: "unsettled", terminal: "till-1", currency: "CNY" };
    expect(reportOf(story).readings()).toEqual([
      { name: "tillgate_exposure_items", value: 2, labels },
      { name: "tillgate_exposure_amount_minor", value: 12_345, labels: { ...labels, side: "debit" } },
      { name: "tillgate_exposure_amount_minor", value: 12_345, labels: { ...labels, side: "credit" } },
      { name: "tillgate_exposure_oldest_seconds", value: 2, labels: { measure: "unsettled" } },
    ]);
  });
});

function clockOf(story: Story): Clock {
  return {
    now: () => story.now.at,
    monotonicMs: () => story.now.clock.monotonicMs,
    stamp: () => story.now.clock,
    sleep: () => Promise.reject(new Error("nobody sleeps here")),
  };
}
