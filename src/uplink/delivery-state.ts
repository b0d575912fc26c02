import type { RecordChannel } from "../contract/topics.ts";
import type { Receipt } from "../contract/receipt.ts";
import type { Lane, StreamId } from "../domain/record.ts";
import type { TerminalId } from "../domain/terminal.ts";
import type { AgainBySeq } from "./again.ts";
import type { Aside } from "./aside.ts";
import { type Congestion, openLine } from "./congestion.ts";
import type { HeldBackByKey } from "./held-back.ts";
import type { LookAhead } from "./look-ahead.ts";
import type { OutboxRow } from "./outbox.ts";
import { NO_SUSPICION, type Suspicion } from "./suspicion.ts";
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
  /** Whether a backlog yields to sales where the line is narrow. Without a limited rate there is nothing to yield with. */
  readonly drainControl: boolean;
}

/**
 * Where each record of the ledger stands, as positions in it:
 *
 * ```
 *   1 ............ mark | mark+1 ......... next-1 | next ................. head
 *     confirmed         | sent, unconfirmed       | unsent, but for those that overtook
 * ```
 *
 * Passed by the drain and not sent, below `next`: alarms that stepped aside for money, records held back behind a refused
 * one of their key, parked ones.
 *
 * All times are ms of the monotonic clock.
 */
export interface DeliveryState {
  readonly rules: DeliveryRules;
  readonly mark: number;
  /** Headquarters misses records up to here that retention has freed: they cannot be sent, and nothing waits for them. */
  readonly floor: number;
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
  readonly held: HeldBackByKey;
  readonly aside: Aside | undefined;
  /** Sent before the drain reached them. */
  readonly overtook: ReadonlySet<number>;
  /** Gap records that were sent before the drain reached them, in the place of what they tell of. */
  readonly announced: ReadonlySet<number>;
  /** Deadlines of rows that are read and not sent: ms since 1970, by seq. */
  readonly deadlines: ReadonlyMap<number, number>;
  /** Where the rate is limited: when what is in flight was sent, and whether it is of a backlog. */
  readonly flights: ReadonlyMap<number, Flight>;
  readonly congestion: Congestion;
  /** What the broker cannot be given, by seq. */
  readonly parked: ReadonlyMap<number, ParkedRow>;
  readonly unavailable: UnavailableRange | undefined;
  readonly suspicion: Suspicion;
  /** The suspect that was sent last. */
  readonly alone: OutboxRow | undefined;
  /** Up to here records may have been sent before, in this life of the daemon or an earlier one. */
  readonly sentBefore: number;
  /** Headquarters' session in which the mark moved last. */
  readonly markSession: string | undefined;
  /** When a receipt first said that headquarters holds less than the mark; none has said otherwise since. */
  readonly behindSince: number | undefined;
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
  readonly reader: "drain" | "aside" | "held" | "again" | "suspect" | "lookAhead";
}

export interface Flight {
  /** ms, monotonic. */
  readonly at: number;
  readonly isBacklog: boolean;
}

export interface ParkedRow {
  readonly lane: Lane;
  readonly terminal?: TerminalId;
  /** Seq of the gap record that says so; absent while that is being written. */
  readonly gap?: number;
}

/** A stretch of freed records of which headquarters is told that it must find them elsewhere. */
export interface UnavailableRange {
  readonly from: number;
  readonly to: number;
  /** Seq of the gap record; absent while that is being written. */
  readonly gap?: number;
}

/** What the ledger's own gap records say about delivery: known only when they have been read. */
export interface Remembered {
  readonly parked: ReadonlyMap<number, Required<Pick<ParkedRow, "gap" | "lane">> & ParkedRow>;
  /** Released, and nothing says that it went: seq → its gap record. */
  readonly released: ReadonlyMap<number, number>;
  readonly unavailable: Required<UnavailableRange> | undefined;
}

export interface Acknowledgement {
  readonly seq: number;
  /** MQTT 5 reason code of the PUBACK; 0 over 3.1.1. */
  readonly code: number;
  readonly row: OutboxRow;
}

/** Everything that can happen to delivery, each with the time of its happening. */
export type DeliveryInput = { readonly at: number } & (
  | { readonly type: "sessionOpened"; readonly receiveMaximum: number }
  /** `byBroker`: it ended the session, and may have done so for what it was sent. */
  | { readonly type: "sessionLost"; readonly byBroker: boolean }
  /** Headquarters' status; `session` while it is online. */
  | { readonly type: "hq"; readonly session: string | undefined }
  | { readonly type: "appended"; readonly head: number }
  /**
   * Answer to an ask; fewer rows than asked for where the ledger ends, none when it could not be read. `first`: the oldest
   * record that retention has left.
   */
  | { readonly type: "rows"; readonly rows: readonly OutboxRow[]; readonly first: number }
  | { readonly type: "acked"; readonly acks: readonly Acknowledgement[] }
  | { readonly type: "receipt"; readonly receipt: Receipt }
  /** What is known from before; comes once, before the first session. */
  | { readonly type: "remembered"; readonly remembered: Remembered }
  /** The gap record that says so is durable, at `gap`. */
  | { readonly type: "parked"; readonly seq: number; readonly gap: number }
  | { readonly type: "unavailable"; readonly to: number; readonly gap: number }
  | { readonly type: "released"; readonly seq: number }
  /** ms that the acquirer took to answer a sale. */
  | { readonly type: "acquirer"; readonly ms: number }
  /** Comes about ten times a second while there is a session. */
  | { readonly type: "tick" }
);

export type DeliveryEffect =
  | { readonly do: "send"; readonly row: OutboxRow; readonly channel: RecordChannel }
  /** Read rows and answer with a `rows` input. At most one is unanswered at a time. */
  | { readonly do: "ask"; readonly from: number; readonly limit: number }
  | { readonly do: "confirm"; readonly upTo: number }
  /** The mark goes back: headquarters has lost what it had stored. */
  | { readonly do: "regress"; readonly upTo: number }
  /** Write the gap record, however long it takes, and answer with a `parked` input. */
  | { readonly do: "park"; readonly seq: number; readonly reason: ParkReason; readonly code?: number }
  /** The same, answered with an `unavailable` input. */
  | { readonly do: "declareUnavailable"; readonly from: number; readonly to: number }
  | { readonly do: "note"; readonly note: DeliveryNote };

/** `tooLarge`: for a packet, by the broker's limit or ours. `breaksTheLine`: the broker ends the session whenever it comes. */
export type ParkReason = "tooLarge" | "brokerRefuses" | "breaksTheLine";

/** What somebody should be able to see, counted or logged. */
export type DeliveryNote =
  | { readonly what: "refused"; readonly seq: number; readonly code: number; readonly refusals: number }
  | { readonly what: "foreignReceipt"; readonly stream: StreamId }
  /** Headquarters holds more of this stream than the ledger: the ledger was copied or restored. */
  | { readonly what: "receiptBeyondHead"; readonly upTo: number; readonly head: number }
  /** Headquarters holds less than it once confirmed: a backup, or an empty store. */
  | { readonly what: "hqBehind"; readonly upTo: number; readonly mark: number }
  /** So many are parked that it must be the broker's doing: no more are, and they are tried again and again. */
  | { readonly what: "parkingFull"; readonly seq: number }
  | { readonly what: "noProgress"; readonly from: number; readonly next: number; readonly waitedMs: number }
  | { readonly what: "missing"; readonly seqs: readonly number[] }
  /** The ledger did not give rows that it should hold. */
  | { readonly what: "unreadable"; readonly from: number; readonly reader: Ask["reader"] };

export function initialDelivery(rules: DeliveryRules, mark: number, head: number, at: number): DeliveryState {
  return {
    rules,
    mark,
    floor: 0,
    head,
    next: mark + 1,
    window: 0,
    hq: undefined,
    ready: [],
    asked: undefined,
    askNotBefore: at,
    inFlight: new Set(),
    again: new Map(),
    held: new Map(),
    aside: undefined,
    overtook: new Set(),
    announced: new Set(),
    deadlines: new Map(),
    flights: new Map(),
    congestion: openLine(backlogShare(rules.window), undefined, at),
    parked: new Map(),
    unavailable: undefined,
    suspicion: NO_SUSPICION,
    alone: undefined,
    // The life before this one may have sent any of them.
    sentBefore: head,
    markSession: undefined,
    behindSince: undefined,
    newestSent: new Map(),
    backlogEnd: head,
    lookAhead: undefined,
    bucket: fullBucket(rules.rate, at),
    trail: [],
    progressAt: at,
    fruitless: 0,
  };
}

/** Half of what may be in flight: the other half is for news and for the gateway's own state. */
export function backlogShare(window: number): number {
  return Math.ceil(window / 2);
}
