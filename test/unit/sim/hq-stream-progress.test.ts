import * as fc from "fast-check";
import { expect, test } from "vitest";
import { StreamProgress } from "../../../src/sim/hq/stream-progress.ts";

test("what a receipt says is what a list of the stored and accounted records would say, in whatever order they came", () => {
  const spans = fc.array(
    fc.tuple(fc.integer({ min: 1, max: 60 }), fc.nat({ max: 4 })).map(([from, more]) => ({ from, to: from + more })),
  );
  fc.assert(
    fc.property(spans, spans, fc.integer({ min: 1, max: 10 }), (before, after, limit) => {
      const progress = new StreamProgress(before);
      for (const { from, to } of after) progress.cover(from, to);
      const covered = new Set<number>();
      for (const { from, to } of [...before, ...after]) for (let seq = from; seq <= to; seq += 1) covered.add(seq);
      const top = Math.max(0, ...covered);
      const holes = Array.from({ length: top }, (_, index) => index + 1).filter((seq) => !covered.has(seq));
      expect(progress.upTo).toBe((holes[0] ?? top + 1) - 1);
      expect(progress.top).toBe(top);
      expect(progress.gaps).toBe(holes.length);
      expect(progress.missing(limit)).toEqual(holes.slice(0, limit));
    }),
  );
});
