import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Congestion,
  inFlightAllowed,
  LEAST_SHARE,
  noteAcquirer,
  noteBusy,
  notePuback,
  openLine,
} from "../../../src/uplink/congestion.ts";

const MOST = 50;

/** A line and its two delays, each a sample a step. */
class Line {
  state: Congestion = openLine(MOST, undefined, 0);
  now = 0;

  pubacks(count: number, ms: number): this {
    for (let n = 0; n < count; n += 1) {
      this.now += ms;
      this.state = notePuback(this.state, ms, MOST, this.now);
    }
    return this;
  }

  sales(count: number, ms: number, meets: "backlog" | "nothing"): this {
    for (let n = 0; n < count; n += 1) {
      this.now += 1_000;
      if (meets === "backlog") this.state = noteBusy(this.state, this.now);
      this.now += ms;
      if (meets === "backlog") this.state = noteBusy(this.state, this.now - 1);
      this.state = noteAcquirer(this.state, ms, MOST, this.now);
    }
    return this;
  }

  get allowed(): number {
    return inFlightAllowed(this.state, MOST);
  }
}

describe("a backlog's share", () => {
  test("begins small and grows by about one record a round trip, up to all that the rules allow", () => {
    const line = new Line();
    expect(line.allowed).toBe(8);
    expect(line.pubacks(10, 50).allowed).toBe(18);
    expect(line.pubacks(100, 50).allowed).toBe(MOST);
    expect(line.state.share).toBe(1);
  });

  test("is halved while PUBACKs take clearly longer than they did, down to one in flight, and comes back", () => {
    const line = new Line().pubacks(100, 50);
    line.pubacks(4, 200);
    expect(line.allowed).toBeLessThan(MOST);
    line.pubacks(40, 200);
    expect(line.allowed).toBe(1);
    expect(line.state.share).toBe(LEAST_SHARE);
    line.pubacks(200, 50);
    expect(line.allowed).toBe(MOST);
  });

  test("is halved at most once a round trip", () => {
    const line = new Line().pubacks(100, 50);
    for (let n = 0; n < 1_000; n += 1) line.state = notePuback(line.state, 5_000, MOST, line.now);
    expect(line.allowed).toBeGreaterThanOrEqual(MOST / 2);
  });

  test("does not mind the jitter of a quick line, nor a third more on a slow one", () => {
    expect(new Line().pubacks(2_000, 2).pubacks(50, 15).allowed).toBe(MOST);
    expect(new Line().pubacks(100, 300).pubacks(50, 400).allowed).toBe(MOST);
  });

  test("yields to sales: when the acquirer takes longer with the backlog than without it", () => {
    const line = new Line().sales(10, 300, "nothing").pubacks(100, 50);
    line.sales(3, 900, "backlog");
    expect(line.allowed).toBeLessThan(MOST);
    line.sales(4, 900, "backlog");
    expect(line.allowed).toBe(1);
  });

  test("does not yield to an acquirer that is as slow without a backlog", () => {
    const line = new Line().sales(10, 900, "nothing").pubacks(100, 50).sales(20, 900, "backlog");
    expect(line.allowed).toBe(MOST);
  });

  test("learns that the acquirer has become slower by itself, once hardly anything of a backlog is under way", () => {
    const line = new Line().sales(10, 300, "nothing").pubacks(100, 50).sales(7, 900, "backlog");
    expect(line.state.share).toBe(LEAST_SHARE);
    line.now += 10_000;
    line.sales(30, 900, "backlog").pubacks(200, 50);
    expect(line.allowed).toBe(MOST);
  });

  test("grows again when nobody sells any more", () => {
    const line = new Line().sales(10, 300, "nothing").pubacks(100, 50).sales(10, 900, "backlog");
    line.pubacks(400, 50);
    expect(line.allowed).toBe(MOST);
  });

  test("forgets after ten minutes what an idle line once took: the way may be another", () => {
    const line = new Line().pubacks(100, 50).pubacks(20, 200);
    expect(line.state.share).toBeLessThan(1);
    line.pubacks(11 * 60 * 5, 200);
    expect(line.allowed).toBe(MOST);
  });

  test("is always between the least and the whole, with at least one record in flight", () => {
    const sample = fc.record({
      of: fc.constantFrom(notePuback, noteAcquirer),
      ms: fc.double({ min: 0, max: 60_000, noNaN: true }),
      wait: fc.nat(100_000),
      most: fc.integer({ min: 1, max: 500 }),
    });
    fc.assert(
      fc.property(fc.array(sample), (samples) => {
        let state = openLine(MOST, undefined, 0);
        let now = 0;
        for (const { of, ms, wait, most } of samples) {
          now += wait;
          const before = state.share;
          state = of(state, ms, most, now);
          expect(state.share).toBeGreaterThanOrEqual(LEAST_SHARE);
          expect(state.share).toBeLessThanOrEqual(1);
          expect(state.share).toBeGreaterThanOrEqual(before / 2 - Number.EPSILON);
          expect(inFlightAllowed(state, most)).toBeGreaterThanOrEqual(1);
          expect(state.broker.minima.length).toBeLessThanOrEqual(10);
        }
      }),
    );
  });
});
