import { assertNever } from "../../domain/assert-never.ts";
import type { LineCounters } from "../../domain/line-counters.ts";
import { type BlockItem, NAK } from "./codec/block.ts";
import { faultOf, type SerialState } from "./machine/serial-machine.ts";

/** What came over a serial line. */
export function countItem(counters: LineCounters, item: BlockItem): void {
  switch (item.kind) {
    case "apdu":
      counters.framesReceived++;
      return;
    case "ack":
      counters.acksReceived++;
      return;
    case "nak":
      counters.naksReceived++;
      return;
    case "noise":
      counters.garbageBytes += item.bytes;
      return;
    case "bad":
      counters[COUNTED_AS[faultOf(item.why)]]++;
      return;
    default:
      assertNever(item);
  }
}

const COUNTED_AS = {
  checksum: "checksumFaults",
  truncated: "truncatedFrames",
  overflow: "oversizedFrames",
} as const satisfies Readonly<Record<ReturnType<typeof faultOf>, keyof LineCounters>>;

/** What goes out: blocks, and bare ACK and NAK. @param after  The line's state with these bytes on their way. */
export function countSent(counters: LineCounters, bytes: Uint8Array, { out }: SerialState): void {
  if (bytes.length === 1) {
    if (bytes[0] === NAK) counters.naksSent++;
    return;
  }
  counters.framesSent++;
  if (out !== undefined && out.repeats > 0) counters.retransmits++;
}
