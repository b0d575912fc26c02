import { assertNever } from "../../domain/assert-never.ts";
import type { DeviceNews } from "../../domain/device.ts";
import { LINE_COUNTERS } from "../../domain/line-counters.ts";
import type { FrameFault } from "./codec/decode.ts";

export type LineFault = Extract<DeviceNews, { type: "lineFault" }>["fault"];

const AT_START = {
  ...LINE_COUNTERS,
  /** Messages whose code the profile does not know. */
  unknownMessages: 0,
  lateAnswers: 0,
  /** Answers that came once more. */
  repeatedAnswers: 0,
  /** Orders whose end is not known. */
  doubts: 0,
};

/** What came over the line since start, across sessions. */
export type EcrCounters = Record<keyof typeof AT_START, number>;

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
      counters.truncatedFrames++;
      break;
    case "overflow":
      counters.oversizedFrames++;
      break;
    default:
      assertNever(fault);
  }
}
