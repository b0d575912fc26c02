import { describe, expect, test } from "vitest";
import type { Enveloped } from "../../../src/domain/carried.ts";
import { type Seq, seq, type StreamId, streamId } from "../../../src/domain/record.ts";
import { asFreed, type EarlierStream, earlierStreamsIn, freedBy } from "../../../src/queue/earlier-streams.ts";
import { HolesWithin } from "../../../src/queue/salvage/holes-within.ts";

const [NEWER, OLDER, OLDEST] = ["1", "2", "3"].map((digit) =>
  streamId(`${digit.repeat(8)}-1111-4111-8111-111111111111`),
);

function ended(stream: StreamId | undefined, upTo: number, freedUpTo = 0): EarlierStream {
  if (stream === undefined) throw new Error("no such stream");
  return { stream, upTo: seq(upTo), freedUpTo: seq(freedUpTo) };
}

/** A record of an earlier stream, in as many `carried` ones as there are streams named; the newest first. */
function carried(...keys: readonly (readonly [StreamId | undefined, number])[]): Enveloped {
  const [first, ...inner] = keys;
  if (first === undefined) return { kind: "transaction", body: {} };
  const [stream, at] = first;
  return { kind: "carried", body: { envelope: { stream, seq: at, ...carried(...inner) } } };
}

function positions(streams: readonly EarlierStream[]): readonly Seq[] {
  return streams.map((one) => one.freedUpTo);
}

describe("how far earlier streams are freed", () => {
  const three = [ended(NEWER, 90, 5), ended(OLDER, 60, 3), ended(OLDEST, 40)];

  test("is what it was at the beginning while nothing of the ledger itself is freed", () => {
    expect(freedBy(three, 0, { kind: "gap", body: {} })).toBe(three);
  });

  test("is told by the oldest record that is left, in however many others it is carried", () => {
    expect(positions(freedBy(three, 10, carried([NEWER, 20], [OLDER, 13], [OLDEST, 8])))).toEqual([19, 12, 7]);
  });

  test("is all of a stream that the oldest record carries nothing of", () => {
    expect(positions(freedBy(three, 50, carried([NEWER, 62])))).toEqual([61, 60, 40]);
    expect(positions(freedBy(three, 120, carried()))).toEqual([90, 60, 40]);
  });

  test("is none of what comes before a stream whose first record is still here", () => {
    expect(positions(freedBy(three, 1, carried([NEWER, 1])))).toEqual([5, 3, 0]);
    expect(positions(freedBy(three, 9, carried([NEWER, 12], [OLDER, 1])))).toEqual([11, 3, 0]);
  });

  test("is told of those alone that have anything freed, with the end that nobody knows", () => {
    const damaged: EarlierStream = { ...ended(OLDER, 60), endUnknown: true };
    const whollyLost: EarlierStream = { ...ended(OLDEST, 0), endUnknown: true };
    expect(asFreed([ended(NEWER, 90), damaged, { ...damaged, freedUpTo: seq(60) }, whollyLost])).toEqual([
      { stream: OLDER, upTo: 60 },
    ]);
    expect(asFreed(freedBy([ended(NEWER, 90), damaged, whollyLost], 120, carried()))).toEqual([
      { stream: NEWER, upTo: 90 },
      { stream: OLDER, upTo: 60, endUnknown: true },
      { stream: OLDEST, upTo: 0, endUnknown: true },
    ]);
  });
});

test("what a damaged file says of earlier streams is taken as far as it is whole", () => {
  const one = ended(NEWER, 90, 5);
  expect(earlierStreamsIn(JSON.stringify([one, { ...one, endUnknown: true }]))).toEqual([
    one,
    { ...one, endUnknown: true },
  ]);
  const wrong = [{ ...one, stream: "x" }, { ...one, upTo: -1 }, { ...one, freedUpTo: "5" }, null, 7, {}];
  expect(earlierStreamsIn(JSON.stringify([...wrong, one]))).toEqual([one]);
  for (const text of [undefined, null, 5, "", "[", "{}"]) expect(earlierStreamsIn(text)).toEqual([]);
});

describe("records of earlier streams that lay in what is not carried on", () => {
  const streams = [ended(NEWER, 90, 5), ended(OLDER, 60)];

  test("are told by the ones before and behind", () => {
    const holes = new HolesWithin(streams);
    holes.carry(carried([NEWER, 6], [OLDER, 1]), 2);
    holes.skip();
    holes.skip();
    holes.carry(carried([NEWER, 9], [OLDER, 4]), 5);
    holes.carry(carried([NEWER, 10], [OLDER, 5]), 6);
    holes.carry(carried([NEWER, 70]), 66);
    expect(holes.end()).toEqual([
      { stream: NEWER, notCarried: [{ from: 7, to: 8 }] },
      { stream: OLDER, notCarried: [{ from: 2, to: 3 }] },
    ]);
  });

  test("are all from the first that is not freed, where the beginning is gone, and all to the last where the end is", () => {
    const holes = new HolesWithin(streams);
    holes.skip();
    holes.carry(carried([NEWER, 20], [OLDER, 7]), 16);
    holes.skip();
    expect(holes.end()).toEqual([
      {
        stream: NEWER,
        notCarried: [
          { from: 6, to: 19 },
          { from: 21, to: 90 },
        ],
      },
      {
        stream: OLDER,
        notCarried: [
          { from: 1, to: 6 },
          { from: 8, to: 60 },
        ],
      },
    ]);
  });

  test("are those, too, that another record told of which is not carried on itself, and the end that it left open", () => {
    const holes = new HolesWithin([{ ...ended(NEWER, 90, 5), endUnknown: true }]);
    holes.carry(carried([NEWER, 6]), 2);
    holes.carry(carried([NEWER, 9]), 3);
    holes.carry(carried([NEWER, 90]), 4);
    holes.skip();
    holes.carry(carried(), 6);
    expect(holes.end()).toEqual([
      {
        stream: NEWER,
        notCarried: [
          { from: 7, to: 8 },
          { from: 10, to: 89 },
        ],
        endUnknown: true,
        lastKnown: 90,
      },
    ]);
  });

  test("are none where the damage begins behind all of them", () => {
    const holes = new HolesWithin(streams);
    holes.carry({ kind: "gap", body: {} }, 1);
    holes.carry(carried([NEWER, 6], [OLDER, 1]), 2);
    holes.carry(carried([NEWER, 90]), 86);
    holes.carry(carried(), 87);
    holes.skip();
    expect(holes.end()).toBeUndefined();
  });
});
