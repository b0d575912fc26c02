import type { Seq, StreamId } from "./record.ts";

/** As much of an envelope as finding what it carries takes: parsed, perhaps not trusted. */
export interface Enveloped {
  readonly kind?: unknown;
  readonly body?: unknown;
}

/** Where a record counts: contracts.md, "Ledger envelope". */
export interface RecordKey {
  readonly stream: StreamId;
  readonly seq: Seq;
}

/**
 * Body of a `carried` record: `{envelope}`, a record of an earlier stream as it stood there. It counts under its own
 * (stream, seq); whoever holds that already has a duplicate.
 *
 * @returns the record of an earlier stream that this one carries, as it stood there; `undefined` when it carries none.
 */
export function carriedBy<E extends Enveloped>(envelope: E): E | undefined {
  if (envelope.kind !== "carried" || !isObject(envelope.body)) return undefined;
  const inner = envelope.body["envelope"];
  // What a ledger carries it once took as an envelope: it looks like those that the caller has.
  return typeof inner === "object" && inner !== null ? (inner as E) : undefined;
}

/**
 * The record that was once made: the envelope itself, or what it carries, however many streams ago that was. Whoever
 * folds records takes this one; its seq belongs to its own stream, its place in the order is that of the outermost.
 */
export function recordWithin<E extends Enveloped>(envelope: E): E {
  let within = envelope;
  for (let inner = carriedBy(within); inner !== undefined; inner = carriedBy(within)) within = inner;
  return within;
}

/** Where a parsed envelope says that it counts; `undefined` when it does not say it. */
export function keyOf(envelope: object): RecordKey | undefined {
  if (!("stream" in envelope) || !("seq" in envelope)) return undefined;
  const { stream, seq } = envelope;
  return typeof stream === "string" && typeof seq === "number"
    ? { stream: stream as StreamId, seq: seq as Seq }
    : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
