import type { Currency, MinorUnits } from "./money.ts";
import type { ChainPoint, RecordKind, Seq, StreamId } from "./record.ts";
import type { TerminalId } from "./terminal.ts";

/** How much is meant: records, and the money in those of them that name an amount. */
export interface Tally {
  readonly count: number;
  /** One for each currency that occurs; none where no amount is known. */
  readonly sums: readonly CurrencySum[];
}

export interface CurrencySum {
  readonly currency: Currency;
  /** Records with an amount in this currency. */
  readonly count: number;
  readonly amount: MinorUnits;
}

/**
 * Why a ledger goes on under a new stream id. `salvaged`: the file was damaged. `restored`: from a backup. `copied`: the
 * directory came from another machine. `behindHq`: headquarters holds more of the stream than this ledger does.
 */
export type StreamCause = "salvaged" | "restored" | "copied" | "behindHq";

/**
 * Body of a `gap` record: what is missing where, and what became of it. With these and the records themselves
 * headquarters can account for every seq.
 */
export type GapRecord = StreamBegun | Quarantined | NotRecorded | Parked | Released | Unavailable;

/** The first record of a stream that continues another (contracts.md, "Ledger envelope"). */
export interface StreamBegun {
  readonly event: "streamBegun";
  readonly because: StreamCause;
  /** Absent when the damage left nothing that would prove which stream it was. */
  readonly prevStream?: StreamId;
  /** The newest record of the previous stream that was readable and whole here. */
  readonly prevHead?: ChainPoint;
  /** Of that stream and those before it; absent where nothing was freed, or the damage left nothing that would say it. */
  readonly freed?: readonly FreedStream[];
}

/**
 * Records of an earlier stream that a ledger held once, itself or as `carried` ones, and has freed: headquarters had confirmed
 * each of them, or is told of it by another `gap` record. A headquarters that has lost them must find them elsewhere.
 */
export interface FreedStream {
  readonly stream: StreamId;
  /** Every record from the first up to here; 0 where nothing is known of the stream but that its end is not. */
  readonly upTo: Seq;
  /** With `upTo` the stream ends, as far as anything speaks of it; its file was damaged at the end, and may have held more. */
  readonly endUnknown?: true;
}

/** A damaged file was set aside, whole, under a name of its own, and its readable records were carried over. */
export interface Quarantined {
  readonly event: "quarantined";
  /** Name of the file or folder in the store's directory. */
  readonly name: string;
  /** What was found, in SQLite's or our words; never a record's content. */
  readonly reason: string;
  /** Absent when the damage left nothing that would prove which stream it was. */
  readonly stream?: StreamId;
  /** Carried over as `carried` records. */
  readonly carried: Tally;
  /**
   * Seen in the file and not carried: their hash does not fit, the one before them is gone, or they are too large to be
   * wrapped.
   */
  readonly leftBehind: Tally;
  /** Where they are, as `unreadable`. Absent when there are none. */
  readonly leftBehindAt?: readonly SeqRange[];
  /** Whole, and not carried because the disk had no room for them twice. Headquarters had confirmed each of them. */
  readonly heldByHq?: Tally;
  /** Where they are, as `unreadable`. */
  readonly heldByHqAt?: readonly SeqRange[];
  /** Positions of the old stream of which nothing could be read, as closed ranges; at most 100, the oldest first. */
  readonly unreadable: readonly SeqRange[];
  /** The same of streams before this one, whose records were carried in what is not carried on. */
  readonly earlier?: readonly EarlierRanges[];
  /** The end of the file is damaged: there may have been more records than anything here speaks of. */
  readonly endUnknown?: true;
  /** With `endUnknown`: the highest position that anything speaks of. */
  readonly lastKnown?: Seq;
}

export interface EarlierRanges {
  readonly stream: StreamId;
  /** At most 20, the oldest first. */
  readonly notCarried: readonly SeqRange[];
  /** What said so of that stream's end is not carried on. As in `Quarantined`. */
  readonly endUnknown?: true;
  readonly lastKnown?: Seq;
}

export interface SeqRange {
  readonly from: Seq;
  readonly to: Seq;
}

/**
 * The disk refused records, and memory could not hold them until it took them again. `sums` counts each transaction once,
 * with what its newest lost record says, however many of its records are lost.
 */
export interface NotRecorded extends Tally {
  readonly event: "notRecorded";
  /** Of the newest refusal, e.g. `store.full`. */
  readonly code: string;
  /** RFC 3339: when the first and the last of them happened. */
  readonly firstAt: string;
  readonly lastAt: string;
}

/** A record that the broker cannot be given: it stays in the ledger, and headquarters counts its seq as accounted for. */
export interface Parked {
  readonly event: "parked";
  readonly seq: Seq;
  readonly hash: string;
  readonly kind: RecordKind;
  readonly terminal?: TerminalId;
  /** E.g. `tooLarge`, `brokerRefuses`, `breaksTheLine`. */
  readonly reason: string;
  /** Reason code of the broker, where it gave one. */
  readonly code?: number;
  readonly currency?: Currency;
  readonly amount?: MinorUnits;
}

/** A parked record is to be sent again, because somebody asked for it. */
export interface Released {
  readonly event: "released";
  readonly seq: Seq;
}

/** Headquarters asks for records that were confirmed before and that retention has freed: it must find them elsewhere. */
export interface Unavailable {
  readonly event: "unavailable";
  readonly from: Seq;
  readonly to: Seq;
  /** Of the streams before this one, whose records were carried in such; absent when there are none. */
  readonly freed?: readonly FreedStream[];
}

/** `undefined` unless a record tells that another was parked or released. @param envelope  Parsed, not trusted. */
export function parkingOf(envelope: {
  readonly kind?: unknown;
  readonly body?: unknown;
}): Parked | Released | undefined {
  return envelope.kind === "gap" && isParking(envelope.body) ? envelope.body : undefined;
}

function isParking(body: unknown): body is Parked | Released {
  if (typeof body !== "object" || body === null || !("event" in body) || !("seq" in body)) return false;
  return (body.event === "parked" || body.event === "released") && typeof body.seq === "number";
}
