import { describe, expect, it } from "vitest";
import { afterGap, type DeliveryGap, deliveryGapOf, parkedRecords } from "../../../src/domain/parked-records.ts";

const AT = "2026-01-31T10:00:00.000Z";

function told(seq: number, body: object): DeliveryGap {
  const gap = deliveryGapOf({ kind: "gap", seq, at: AT, body });
  if (gap === undefined) throw new Error("not about delivery");
  return gap;
}

function parked(gap: number, seq: number): DeliveryGap {
  return told(gap, { event: "parked", seq, hash: "0".repeat(64), kind: "transaction", reason: "tooLarge", amount: 5 });
}

function fold(...gaps: readonly DeliveryGap[]): readonly DeliveryGap[] {
  let all: readonly DeliveryGap[] = [];
  for (const gap of gaps) all = afterGap(all, gap);
  return all;
}

describe("parked records", () => {
  it("are those that were parked and not released since, the oldest first", () => {
    const gaps = fold(parked(10, 7), parked(11, 3), told(12, { event: "released", seq: 7 }), parked(13, 5));
    expect(parkedRecords(gaps).map(({ seq, gap }) => [seq, gap])).toEqual([
      [3, 11],
      [5, 13],
    ]);
  });

  it("are parked again after a release", () => {
    const gaps = fold(parked(10, 7), told(12, { event: "released", seq: 7 }), parked(14, 7));
    expect(parkedRecords(gaps)).toEqual([
      { seq: 7, gap: 14, kind: "transaction", reason: "tooLarge", amount: 5, since: AT },
    ]);
  });

  it("do not touch what is said about freed records, of which the newest counts", () => {
    const gaps = fold(
      parked(10, 7),
      told(11, { event: "unavailable", from: 1, to: 5 }),
      told(12, { event: "unavailable", from: 1, to: 6 }),
    );
    expect(gaps.map(({ gap }) => gap)).toEqual([10, 12]);
  });
});

describe("a gap record", () => {
  it("of another kind, or of a form that we do not know, is not about delivery", () => {
    const body = { event: "released", seq: 7 };
    for (const envelope of [
      undefined,
      7,
      { kind: "clock", seq: 1, at: AT, body },
      { kind: "gap", seq: 0, at: AT, body },
      { kind: "gap", seq: 1, at: AT, body: { event: "streamBegun" } },
      { kind: "gap", seq: 1, at: AT, body: { event: "parked", seq: 1 } },
      { kind: "gap", seq: 1, at: AT, body: { event: "unavailable", from: 1 } },
    ]) {
      expect(deliveryGapOf(envelope)).toBeUndefined();
    }
  });
});
