import * as fc from "fast-check";
import { expect, it } from "vitest";
import { cardToken } from "../../../src/domain/card.ts";
import { bootId, instant } from "../../../src/domain/clock.ts";
import { LANE_OF, RECORD_KINDS } from "../../../src/domain/record.ts";
import { type BatchDraft, BatchWriter, readBatch } from "../../../src/queue/append-batch.ts";

const draft: fc.Arbitrary<BatchDraft> = fc
  .record({
    at: fc.integer({ min: 0, max: 8.64e15 }).map(instant),
    stamp: fc.record({
      bootId: fc.constant(bootId("ignored: the batch has one")),
      monotonicMs: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
      synced: fc.boolean(),
    }),
    kind: fc.constantFrom(...RECORD_KINDS),
    terminal: fc.option(fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/), { nil: undefined }),
    token: fc.option(fc.stringMatching(/^[0-9a-f]{16}$/).map(cardToken), { nil: undefined }),
    keys: fc.option(fc.array(fc.stringMatching(/^[ -~\u00e4\u5e97]{1,80}$/), { maxLength: 4 }), { nil: undefined }),
    body: fc.string({ unit: "grapheme", maxLength: 3_000 }),
    bodyBytes: fc.constant(0),
  })
  .map((made) => ({ ...made, bodyBytes: Buffer.byteLength(made.body) }));

it("gives the writer what the main thread put in, however large and however many", () => {
  fc.assert(
    fc.property(
      fc.array(draft, { maxLength: 40 }),
      fc.nat({ max: 2 ** 32 - 1 }),
      fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER - 100 }),
      fc.string({ unit: "grapheme", maxLength: 100 }),
      fc.nat({ max: 20_000 }),
      fc.boolean(),
      (drafts, generation, first, boot, expectedBytes, hasMore) => {
        const writer = new BatchWriter(generation, first, boot, expectedBytes);
        for (const one of drafts) writer.add(one);
        const received = readBatch(writer.finish(hasMore));
        expect(received).toEqual({
          generation,
          first,
          hasMore,
          bootId: boot,
          drafts: drafts.map(({ at, stamp, kind, terminal, token, keys, body }, index) => ({
            seq: first + index,
            at,
            kind,
            lane: LANE_OF[kind],
            terminal: terminal ?? null,
            token,
            keys: keys?.length === 0 ? undefined : keys,
            quotedBootId: JSON.stringify(boot),
            monotonicMs: stamp.monotonicMs,
            synced: stamp.synced,
            body,
          })),
        });
      },
    ),
  );
});
