import type { ChainPoint, Seq, StreamId } from "../domain/record.ts";
import type { LogFields } from "../runtime/log.ts";
import type { Failure } from "./ledger-error.ts";
import type { PackedPage } from "./page.ts";

import type { ChainPart } from "./record-reader.ts";

/** What the main thread asks the writer, beside the batches: those are bare ArrayBuffers. */
export type WriterRequest =
  | {
      readonly type: "open";
      readonly directory: string;
      readonly commitTimes: SharedArrayBuffer;
      readonly arrivals: SharedArrayBuffer;
    }
  | { readonly type: "head" }
  | { readonly type: "durability" }
  | { readonly type: "confirm"; readonly upTo: Seq }
  | { readonly type: "saveSnapshot"; readonly name: string; readonly seq: Seq; readonly state: string }
  | { readonly type: "loadSnapshot"; readonly name: string }
  | { readonly type: "tidy"; readonly now: number; readonly purgeCards: boolean; readonly truncateWal: boolean }
  | { readonly type: "ping" }
  | { readonly type: "close" };

export type WriterAnswer =
  | { readonly type: "open"; readonly stream: StreamId; readonly head: ChainPoint; readonly mark: Seq }
  | { readonly type: "head"; readonly head: ChainPoint }
  | { readonly type: "durability"; readonly journalMode: string; readonly synchronous: number }
  | { readonly type: "confirm" }
  | { readonly type: "saveSnapshot" }
  | { readonly type: "loadSnapshot"; readonly snapshot: Snapshot | undefined }
  | { readonly type: "tidy" }
  | { readonly type: "ping" }
  | { readonly type: "close" };

export type ReaderRequest =
  | { readonly type: "open"; readonly directory: string }
  | { readonly type: "page"; readonly from: Seq; readonly limit: number }
  | { readonly type: "check"; readonly from: Seq; readonly prevHash: string; readonly limit: number }
  | { readonly type: "ping" }
  | { readonly type: "close" };

export type ReaderAnswer =
  | { readonly type: "open" }
  | { readonly type: "page"; readonly page: PackedPage }
  | { readonly type: "check"; readonly checked: ChainPart }
  | { readonly type: "ping" }
  | { readonly type: "close" };

export interface Snapshot {
  readonly seq: Seq;
  readonly state: string;
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
  | { readonly kind: "notice"; readonly notice: Notice };
