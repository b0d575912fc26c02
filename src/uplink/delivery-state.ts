import type { RecordChannel } from "../contract/topics.ts";
import type { Receipt } from "../contract/receipt.ts";
import type { StreamId } from "../domain/record.ts";
import type { AgainBySeq } from "./again.ts";
import type { LookAhead } from "./look-ahead.ts";
import type { OutboxRow } from "./outbox.ts";
import { fullBucket, type Rate, type TokenBucket } from "./token-bucket.ts";

export interface DeliveryRules {
  readonly stream: StreamId;
  /** What moves the mark: headquarters' receipt, or the broker's PUBACK. */
  readonly confirm: "receipt" | "broker";
  /** Records in flight to the broker; a session may allow fewer. */
  readonly window: number;
  /** Records that may have been sent beyond the mark. */
  readonly unreceiptedMax: number;
  /** ms without progress after which all beyond the mark is sent again; doubled after each fruitless time. */
  readonly receiptDeadlineMs: number;
  /** ms that a record may take from the broker to headquarters' store: named as missing earlier, it is on its way. */
  readonly missingGraceMs: number;
  /** For what stood in the ledger when draining began. */
  readonly rate: Rate;
}

/**
 * Where each record of the ledger stands, as positions in it:
 *
 * ```
 *   1 ............ mark | mark+1 ......... next-1 | next ................. head
 *     confirmed         | sent, unconfirmed       | unsent, but for those that overtook
 * ```
 *
 * All times are ms of the monotonic clock.
 */
export interface DeliveryState {
  readonly rules: DeliveryRules;
  readonly mark: number;
  /** The newest durable record that is known of. */
  readonly head: number;
  /** Since the last going back everything above the mark and below this was handed to the session. */
  readonly next: number;
  /** What the session allows in flight; 0 without a session. */
  readonly window: number;
  /** Headquarters' session while it says that it is online. */
  readonly hq: string | undefined;
  /** Read from the ledger and not sent: from `next` on. */
  readonly ready: readonly OutboxRow[];
  /** The page that is being read: one at a time. */
  readonly asked: Ask | undefined;
  /** After a page that did not come: no asking before this. */
  readonly askNotBefore: number;
  /** Sent in this session, without a PUBACK yet. */
  readonly inFlight: ReadonlySet<number>;
  readonly again: AgainBySeq;
  /** Sent before the drain reached them. */
  readonly overtook: ReadonlySet<number>;
  /** By order key, the newest that was sent since the last going back. */
  readonly newestSent: ReadonlyMap<string, number>;
  /** Rows up to here are backlog: they pay for being sent. */
  readonly backlogEnd: number;
  readonly lookAhead: LookAhead | undefined;
  readonly bucket: TokenBucket;
  /** Where `next` stood at recent ticks, oldest first: what was below it then has left by then. */
  readonly trail: readonly { readonly at: number; readonly next: number }[];
  /** When the mark moved last, or could have begun to. */
  readonly progressAt: number;
  /** Goings back since then. */
  readonly fruitless: number;
}

export interface Ask {
  readonly from: number;
  readonly limit: number;
  readonly reader: "drain" | "again" | "lookAhead";
}

export interface Acknowledgement {
  readonly seq: number;
  /** MQTT 5 reason code of the PUBACK; 0 over 3.1.1. */
  readonly code: number;
}

/** Everything that can happen to delivery, each with the time of its happening. */
export type DeliveryInput = { readonly at: number } & (
  | { readonly type: "sessionOpened"; readonly receiveMaximum: number }
  | { readonly type: "sessionLost" }
  /** Headquarters' status; `session` while it is online. */
  | { readonly type: "hq"; readonly session: string | undefined }
  | { readonly type: "appended"; readonly head: number }
  /** Answer to an ask; fewer rows than asked for where the ledger ends, none when it could not be read. */
  | { readonly type: "rows"; readonly rows: readonly OutboxRow[] }
  | { readonly type: "acked"; readonly acks: readonly Acknowledgement[] }
  | { readonly type: "receipt"; readonly receipt: Receipt }
  /** Comes about ten times a second while there is a session. */
  | { readonly type: "tick" }
);

export type DeliveryEffect =
  | { readonly do: "send"; readonly row: OutboxRow; readonly channel: RecordChannel }
  /** Read rows and answer with a `rows` input. At most one is unanswered at a time. */
  | { readonly do: "ask"; readonly from: number; readonly limit: number }
  | { readonly do: "confirm"; readonly upTo: number }
  | { readonly do: "note"; readonly note: DeliveryNote };

/** What somebody should be able to see, counted or logged. */
export type DeliveryNote =
  | { readonly what: "refused"; readonly seq: number; readonly code: number; readonly refusals: number }
  | { readonly what: "foreignReceipt"; readonly stream: StreamId }
  /** Headquarters holds more of this stream than the ledger: the ledger was copied or restored. */
  | { readonly what: "receiptBeyondHead"; readonly upTo: number; readonly head: number }
  | { readonly what: "noProgress"; readonly from: number; readonly next: number; readonly waitedMs: number }
  | { readonly what: "missing"; readonly seqs: readonly number[] }
  /** The ledger did not give rows that it should hold. */
  | { readonly what: "unreadable"; readonly from: number; readonly reader: Ask["reader"] };

export function initialDelivery(rules: DeliveryRules, mark: number, head: number, at: number): DeliveryState {
  return {
    rules,
    mark,
    head,
    next: mark + 1,
    window: 0,
    hq: undefined,
    ready: [],
    asked: undefined,
    askNotBefore: at,
    inFlight: new Set(),
    again: new Map(),
    overtook: new Set(),
    newestSent: new Map(),
    backlogEnd: head,
    lookAhead: undefined,
    bucket: fullBucket(rules.rate, at),
    trail: [],
    progressAt: at,
    fruitless: 0,
  };
}

/** Records sent, or sent ahead, that nothing has confirmed. */
export function unconfirmedSent({ next, mark, overtook }: Pick<DeliveryState, "next" | "mark" | "overtook">): number {
  return next - 1 - mark + overtook.size;
}
