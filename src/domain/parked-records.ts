import type { Parked, Released, Unavailable } from "./gap.ts";
import type { Seq } from "./record.ts";

/** A gap record that says what became of a record which headquarters does not get. */
export interface DeliveryGap {
  /** Its own seq. */
  readonly gap: Seq;
  /** RFC 3339, when it was written. */
  readonly at: string;
  readonly body: Parked | Released | Unavailable;
}

/** A record that the broker cannot be given, as it is listed. */
export interface ParkedRecord extends Omit<Parked, "event" | "hash"> {
  /** RFC 3339: since when. */
  readonly since: string;
  /** Seq of the gap record that says so. */
  readonly gap: Seq;
}

/**
 * The gap record about delivery that this is; `undefined` for any other record.
 *
 * @param envelope  As it came from the ledger, parsed but not trusted.
 */
export function deliveryGapOf(envelope: unknown): DeliveryGap | undefined {
  if (!isObject(envelope) || envelope["kind"] !== "gap" || !isSeq(envelope["seq"])) return undefined;
  const { seq: gap, at, body } = envelope;
  return typeof at === "string" && isDeliveryBody(body) ? { gap, at, body } : undefined;
}

/**
 * Those that still count after one more: the newest about each record, and the newest about what retention has freed. A
 * reducer over the ledger, oldest record first.
 */
export function afterGap(gaps: readonly DeliveryGap[], next: DeliveryGap): readonly DeliveryGap[] {
  const { body } = next;
  const isReplaced = ({ body: other }: DeliveryGap): boolean =>
    body.event === "unavailable"
      ? other.event === "unavailable"
      : other.event !== "unavailable" && other.seq === body.seq;
  return [...gaps.filter((gap) => !isReplaced(gap)), next];
}

/** What is parked now, the oldest first. */
export function parkedRecords(gaps: readonly DeliveryGap[]): readonly ParkedRecord[] {
  return gaps
    .flatMap(({ gap, at, body }): ParkedRecord[] => {
      if (body.event !== "parked") return [];
      const { event: _event, hash: _hash, ...parked } = body;
      return [{ ...parked, since: at, gap }];
    })
    .sort((a, b) => a.seq - b.seq);
}

function isDeliveryBody(body: unknown): body is DeliveryGap["body"] {
  if (!isObject(body)) return false;
  switch (body["event"]) {
    case "parked":
      return isSeq(body["seq"]) && typeof body["kind"] === "string" && typeof body["reason"] === "string";
    case "released":
      return isSeq(body["seq"]);
    case "unavailable":
      return isSeq(body["from"]) && isSeq(body["to"]);
    default:
      return false;
  }
}

function isSeq(value: unknown): value is Seq {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
