import type { Brand } from "./brand.ts";
import type { CardToken } from "./card.ts";
import type { ClockStamp, Instant } from "./clock.ts";
import type { TerminalId } from "./terminal.ts";

/** Position in a stream: from 1, without gaps. */
export type Seq = Brand<number, "Seq">;
/** UUID of one ledger's life. (stream, seq) makes a record count once. */
export type StreamId = Brand<string, "StreamId">;

export const RECORD_KINDS = [
  "transaction",
  "settlement",
  "preauth",
  "diagnosis",
  "incident",
  "complaint",
  "risk",
  "action",
  "command",
  "alternative",
  "terminal",
  "link",
  "power",
  "health",
  "clock",
  "gap",
  "carried",
] as const;
export type RecordKind = (typeof RECORD_KINDS)[number];

/** `money` is never evicted and never given up; `alarm` neither, but money goes first. */
export const LANES = ["money", "alarm"] as const;
export type Lane = (typeof LANES)[number];

/** Which lane a kind travels in: data, so that nobody decides it twice. */
export const LANE_OF: Readonly<Record<RecordKind, Lane>> = {
  transaction: "money",
  settlement: "money",
  preauth: "money",
  incident: "money",
  clock: "money",
  gap: "money",
  carried: "money",
  alternative: "money",
  complaint: "money",
  action: "money",
  command: "money",
  diagnosis: "alarm",
  risk: "alarm",
  terminal: "alarm",
  link: "alarm",
  power: "alarm",
  health: "alarm",
};

/** JSON as it may stand in a record: no `undefined`, no functions; numbers finite. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** What a part of the daemon hands to the ledger. Stream, seq, clock and hashes are the ledger's to add. */
export interface RecordDraft {
  readonly kind: RecordKind;
  readonly terminal?: TerminalId;
  /** A plain object of JSON values (members that are `undefined` are left out). */
  readonly body: object;
  /** Goes to `cards.db` under this record's seq, never into the record. */
  readonly cardToken?: CardToken;
  /** When it happened, where that is not the moment of the append: it had to wait for a disk that refused it. */
  readonly taken?: { readonly at: Instant; readonly stamp: ClockStamp };
  /** Under which it is found again, the newest for each: see `recordKeysOf`. On disk with the record, or not at all. */
  readonly keys?: readonly string[];
}

/** A record's place and hash: what proves everything before it. */
export interface ChainPoint {
  /** 0 before the first record. */
  readonly seq: Seq;
  /** 64 lower-case hexadecimal digits; 64 zeros with seq 0. */
  readonly hash: string;
}

/**
 * The public envelope (contracts.md), stored and sent in RFC 8785 canonical form.
 * `hash` = SHA-256 over the 32 bytes of `prevHash` followed by the canonical envelope without `hash`, in UTF-8.
 * The first record of a stream has 64 zeros as `prevHash`.
 */
export interface Envelope {
  readonly stream: StreamId;
  readonly seq: Seq;
  readonly kind: RecordKind;
  readonly lane: Lane;
  readonly terminal?: TerminalId;
  /** RFC 3339 UTC with milliseconds. */
  readonly at: string;
  readonly clock: ClockStamp;
  /** 64 lower-case hexadecimal digits. */
  readonly prevHash: string;
  readonly hash: string;
  readonly body: { readonly [key: string]: Json };
}

/** @throws RangeError below 0 or beyond 2^53. Zero stands for "before the first record". */
export function seq(value: number): Seq {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not a position in a stream: ${value}`);
  return value as Seq;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether it is a lower-case UUID. */
export function isStreamId(value: string): value is StreamId {
  return UUID.test(value);
}

/** @throws RangeError unless a lower-case UUID. */
export function streamId(value: string): StreamId {
  if (!isStreamId(value)) throw new RangeError(`not a stream id: ${value}`);
  return value;
}
