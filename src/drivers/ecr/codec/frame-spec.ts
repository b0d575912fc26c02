import { assertNever } from "../../../domain/assert-never.ts";
import type { Checksum } from "./checksum.ts";

/** How a till protocol wraps its messages: all that the frame engine knows of it. */
export interface FrameSpec {
  /** One or more bytes, e.g. STX. */
  readonly start: readonly number[];
  /** How many bytes of data follow: two bytes packed decimal, two bytes big-endian, one byte, or nothing says so. */
  readonly length: "none" | "bcd2" | "be2" | "byte";
  /** Behind the data, e.g. ETX. Never empty without a length. */
  readonly end: readonly number[];
  readonly checksum: Checksum;
  /** `dleDouble`: a 10 within the data is sent twice; `start` and `end` then begin with a 10 of their own. */
  readonly escape: "none" | "dleDouble";
  readonly signals: Signals;
  /** News of a running procedure, outside of `start` and `end` and without a checksum. */
  readonly progress?: { readonly start: number; readonly end: number; readonly maxDataBytes: number };
  /** Data bytes of the longest message. */
  readonly maxDataBytes: number;
  /** Silence within a message after which the rest of it will not come. ms. */
  readonly interByteMs: number;
}

/** What says that a message has come well, has come badly, or that the other side is done. */
export interface Signals {
  readonly ack: number;
  readonly nak: number;
  readonly eot?: number;
  /** Whether `end` and the checksum stand behind them, as behind data. */
  readonly closed: boolean;
}

export type SignalKind = "ack" | "nak" | "eot";

/** Bytes between `start` and the data. */
export function lengthBytes(spec: FrameSpec): number {
  switch (spec.length) {
    case "none":
      return 0;
    case "byte":
      return 1;
    case "bcd2":
    case "be2":
      return 2;
    default:
      return assertNever(spec.length);
  }
}
