import type { HistoryHour, HistoryPoint, HistoryQuery, StoredSeries } from "../domain/history.ts";
import type { FreedStream, StreamCause } from "../domain/gap.ts";
import type { ChainPoint, Seq, StreamId } from "../domain/record.ts";
import type { RecordKey } from "../domain/carried.ts";
import type { LogFields } from "../runtime/log.ts";
import type { Failure } from "./ledger-error.ts";
import type { PackedPage } from "./page.ts";
import type { ChainPart } from "./record-reader.ts";
import type { Moment } from "./salvage/carry-over.ts";
import type { Journal } from "./wal-probe.ts";
import type { SpaceFigures, SpaceRules } from "./space.ts";

/** What the main thread asks the writer, beside the batches: those are bare ArrayBuffers. */
export type WriterRequest =
  | {
      readonly type: "open";
      readonly directory: string;
      /** Of the main thread's clock: what an open itself records bears it. */
      readonly moment: Moment;
      readonly space: SpaceRules;
      readonly commitTimes: SharedArrayBuffer;
      readonly arrivals: SharedArrayBuffer;
      readonly durable: SharedArrayBuffer;
    }
  | { readonly type: "head" }
  | { readonly type: "durability" }
  | { readonly type: "confirm"; readonly upTo: Seq }
  | { readonly type: "regress"; readonly upTo: Seq }
  | { readonly type: "saveSnapshot"; readonly name: string; readonly seq: Seq; readonly state: string }
  | { readonly type: "loadSnapshot"; readonly name: string }
  | { readonly type: "orderNewStream"; readonly because: StreamCause; readonly reason: string }
  | TidyRequest
  | { readonly type: "sample"; readonly samples: readonly Sample[] }
  | { readonly type: "history"; readonly hours: readonly HistoryHour[] }
  | { readonly type: "ping" }
  | { readonly type: "close" };

export type WriterAnswer =
  | {
      readonly type: "open";
      readonly stream: StreamId;
      readonly head: ChainPoint;
      readonly mark: Seq;
      readonly openedAs: OpenedAs;
      readonly space: SpaceFigures;
    }
  | { readonly type: "head"; readonly head: ChainPoint }
  | { readonly type: "durability"; readonly journalMode: string; readonly synchronous: number }
  | { readonly type: "confirm" }
  | { readonly type: "regress" }
  | { readonly type: "saveSnapshot" }
  | { readonly type: "loadSnapshot"; readonly snapshot: Snapshot | undefined }
  | { readonly type: "orderNewStream" }
  | { readonly type: "tidy" }
  | { readonly type: "sample" }
  | { readonly type: "history" }
  | { readonly type: "ping" }
  | { readonly type: "close" };

export type ReaderRequest =
  | { readonly type: "open"; readonly directory: string }
  | { readonly type: "page"; readonly from: Seq; readonly limit: number; readonly isProven: boolean }
  | { readonly type: "check"; readonly from: Seq; readonly prevHash: string; readonly limit: number }
  | ({ readonly type: "samples" } & SampleQuery)
  | { readonly type: "history"; readonly query: HistoryQuery }
  | { readonly type: "historySeries" }
  | { readonly type: "freedEarlier" }
  | { readonly type: "find"; readonly key: string }
  | { readonly type: "letGo" }
  | { readonly type: "ping" }
  | { readonly type: "close" };

export type ReaderAnswer =
  | { readonly type: "open" }
  | { readonly type: "page"; readonly page: PackedPage }
  | { readonly type: "check"; readonly checked: ChainPart }
  | { readonly type: "samples"; readonly samples: readonly StoredSample[] }
  | { readonly type: "history"; readonly points: readonly HistoryPoint[] }
  | { readonly type: "historySeries"; readonly stored: StoredSeries }
  | { readonly type: "freedEarlier"; readonly freed: readonly FreedStream[] }
  | { readonly type: "find"; readonly found: PackedPage | "freed" | undefined }
  | { readonly type: "letGo" }
  | { readonly type: "ping" }
  | { readonly type: "close" };

export interface TidyRequest {
  readonly type: "tidy";
  /** ms since 1970. */
  readonly now: number;
  readonly isSynced: boolean;
  /** Whether `now` can date card tokens. */
  readonly purgeCards: boolean;
  /** Consumers whose snapshots must reach as far as records are freed. */
  readonly needs: readonly string[];
  /** The oldest record that must stay although it is confirmed. */
  readonly keepFrom?: Seq;
  readonly truncateWal: boolean;
}

/** One measured value of one series, in the words of whoever measures. */
export interface Sample {
  readonly series: string;
  /** ms since 1970, this machine's belief. */
  readonly at: number;
  /** ms since boot. */
  readonly mono: number;
  /** A figure, or a state as text. */
  readonly value: number | string;
}

export interface SampleQuery {
  readonly series: string;
  /** The `id` to begin at. */
  readonly from: number;
  readonly limit: number;
}

/** Equal values in a row are one: the first's times, the last's, and how many. */
export interface StoredSample extends Omit<Sample, "series"> {
  /** Grows from one to the next, with gaps. */
  readonly id: number;
  readonly lastAt: number;
  readonly times: number;
}

export interface Snapshot {
  readonly seq: Seq;
  readonly state: string;
  /**
   * It was taken under the stream before this one, at this seq of that: `seq` is then 0, and of the carried records those
   * up to there are in it already.
   */
  readonly of?: RecordKey;
}

/** What an open found and did, for health. */
export interface OpenedAs {
  readonly journal: Journal["mode"];
  /** Why write-ahead logging does not work here. */
  readonly noWalBecause?: string;
  /** With this open the stream began, as the continuation of another. */
  readonly begun?: { readonly because: StreamCause; readonly name: string };
}

/** For the log, which lives on the main thread. */
export interface Notice {
  readonly event: string;
  readonly fields: LogFields;
}

/** A commit failed: all that was posted under an earlier generation is refused. */
export interface AppendsRefused {
  readonly failure: Failure;
  /** The first position that is free again. */
  readonly next: Seq;
  /** Batches must carry this from now on. */
  readonly generation: number;
}

/** How a question travels. */
export interface Call<Request> {
  readonly id: number;
  readonly request: Request;
}

/** All that a store thread says. A bare number is the newest durable seq: the hot path carries nothing else. */
export type FromThread<Answer> =
  | number
  | { readonly kind: "answer"; readonly id: number; readonly answer: Answer }
  | { readonly kind: "failed"; readonly id: number; readonly failure: Failure }
  | { readonly kind: "refused"; readonly refused: AppendsRefused }
  | { readonly kind: "notice"; readonly notice: Notice }
  | { readonly kind: "space"; readonly space: SpaceFigures }
  /** The store's files were opened anew: who holds others lets go of them. */
  | { readonly kind: "reopened" };
