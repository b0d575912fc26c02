import * as fc from "fast-check";
import { expect, test } from "vitest";
import { StreamProgress } from "../../../src/sim/hq/stream-progress.ts";

test("what a receipt says is what a list of the stored records would say, in whatever order they came", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 60 })), fc.integer({ min: 1, max: 10 }), (seqs, limit) => {
      const progress = new StreamProgress();
      for (const seq of seqs) progress.stored(seq);
      const stored = new Set(seqs);
      const top = Math.max(0, ...stored);
      const holes = Array.from({ length: top }, (_, index) => index + 1).filter((seq) => !stored.has(seq));
      expect(progress.upTo).toBe((holes[0] ?? top + 1) - 1);
      expect(progress.gaps).toBe(holes.length);
      expect(progress.missing(limit)).toEqual(holes.slice(0, limit));
    }),
  );
});

test("takes up where a database left off", () => {
  const progress = new StreamProgress(3, [5, 6, 9]);
  expect(progress.missing(100)).toEqual([4, 7, 8]);
  progress.stored(4);
  expect(progress.upTo).toBe(6);
});
