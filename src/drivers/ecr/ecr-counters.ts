import { assertNever } from "../../domain/assert-never.ts";
import type { DeviceNews } from "../../domain/device.ts";
import type { FrameFault } from "./codec/decode.ts";

export type LineFault = Extract<DeviceNews, { type: "lineFault" }>["fault"];

const AT_START = {
  messages: 0,
  /** Messages whose code the profile does not know. */
  unknownMessages: 0,
  lateAnswers: 0,
  /** Answers that came once more. */
  repeatedAnswers: 0,
  /** NAKs that came, and that were sent. */
  refusals: 0,
  askedAgain: 0,
  garbageBytes: 0,
  checksumFaults: 0,
  truncatedMessages: 0,
  overlongMessages: 0,
  /** Orders whose end is not known. */
  doubts: 0,
};

/** What came over the line since start, across sessions. */
export type EcrCounters = typeof AT_START;

export function newCounters(): EcrCounters {
  return { ...AT_START };
}

export function countFault(counters: EcrCounters, fault: FrameFault, bytes: number): void {
  switch (fault) {
    case "garbage":
      counters.garbageBytes += bytes;
      break;
    case "checksum":
      counters.checksumFaults++;
      break;
    case "truncated":
      counters.truncatedMessages++;
      break;
    case "overflow":
      counters.overlongMessages++;
      break;
    default:
      assertNever(fault);
  }
}
