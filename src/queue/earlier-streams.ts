import { carriedBy, type Enveloped, keyOf } from "../domain/carried.ts";
import type { FreedStream } from "../domain/gap.ts";
import { isStreamId, type Seq, seq, type StreamId } from "../domain/record.ts";

/**
 * A stream that has ended, as the ledger that took its records over remembers it: what speaks of it in the records may be
 * freed with them.
 */
export interface EarlierStream {
  readonly stream: StreamId;
  /** The highest position that anything spoke of when it ended. */
  readonly upTo: Seq;
  /** There may have been more. */
  readonly endUnknown?: true;
  /** What was freed of it, or nothing carries any more, when the stream began that remembers it; 0 for nothing. */
  readonly freedUpTo: Seq;
  /** Nothing of it is in the ledger any more, nor what told of its end. */
  readonly isGone?: true;
}

/** Name of the snapshot that is a copy of it, for when the ledger's own row is lost. */
export const EARLIER_COPY = "ledger.earlier";

/** One record names all streams that have anything freed, and must stay well below its 64 KiB. */
const MAX_EARLIER = 300;

/** What a ledger's row says. What is not as we wrote it says nothing. @param text  Newest stream first. */
export function earlierStreamsIn(text: unknown): readonly EarlierStream[] {
  if (typeof text !== "string") return [];
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.flatMap((one: unknown) => earlierStream(one) ?? []) : [];
  } catch {
    return [];
  }
}

/**
 * How far the streams before a ledger's own are freed by now. Their records stand at its beginning, in their order, each in a
 * `carried` one, those of the oldest stream in ones that carry such: so its oldest record tells how far each has gone.
 *
 * @param earlier  The newest first.
 * @param floor  Of the ledger itself.
 * @param oldest  Its oldest record, the one above the floor; parsed.
 */
export function freedBy(earlier: readonly EarlierStream[], floor: number, oldest: Enveloped): readonly EarlierStream[] {
  if (floor === 0) return earlier;
  let carrier: Enveloped | undefined = oldest;
  let hasBegun = false;
  return earlier.map((one) => {
    if (hasBegun) return one;
    const inner: Enveloped | undefined = carrier === undefined ? undefined : carriedBy(carrier);
    const key = inner === undefined ? undefined : keyOf(inner);
    carrier = inner;
    if (key?.stream !== one.stream) {
      carrier = undefined;
      return { ...one, freedUpTo: one.upTo, isGone: true };
    }
    // Its first record names those before it, and carries none.
    hasBegun = key.seq === 1;
    return { ...one, freedUpTo: seq(Math.max(one.freedUpTo, key.seq - 1)) };
  });
}

/** As a `gap` record tells it; those of which nothing is freed are left out. */
export function asFreed(earlier: readonly EarlierStream[]): readonly FreedStream[] {
  return earlier.flatMap(({ stream, endUnknown, freedUpTo, isGone }) => {
    if (endUnknown === true && isGone === true) return [{ stream, upTo: freedUpTo, endUnknown }];
    return freedUpTo === 0 ? [] : [{ stream, upTo: freedUpTo }];
  });
}

/** One stream more has ended. The oldest are forgotten where they become too many. */
export function withEarlier(newest: EarlierStream, earlier: readonly EarlierStream[]): readonly EarlierStream[] {
  return [newest, ...earlier].slice(0, MAX_EARLIER);
}

function earlierStream(value: unknown): EarlierStream | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (!("stream" in value) || !("upTo" in value) || !("freedUpTo" in value)) return undefined;
  const { stream, upTo, freedUpTo } = value;
  if (typeof stream !== "string" || !isStreamId(stream) || !isPosition(upTo) || !isPosition(freedUpTo))
    return undefined;
  const endUnknown = "endUnknown" in value && value.endUnknown === true;
  const isGone = "isGone" in value && value.isGone === true;
  return {
    stream,
    upTo: seq(upTo),
    ...(endUnknown ? { endUnknown } : {}),
    freedUpTo: seq(freedUpTo),
    ...(isGone ? { isGone } : {}),
  };
}

function isPosition(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
