import { LINE_COUNTERS, type LineCounters } from "../../domain/line-counters.ts";

/** Numbers of one driver since start, over all of its sessions. Those of the line count on a serial one. */
export interface ZvtCounters extends Record<string, number>, LineCounters {
  sessions: number;
  apdusReceived: number;
  apdusSent: number;
  orders: number;
  lineFaults: number;
  unreadFields: number;
  strayMessages: number;
  refusedRequests: number;
  repeatedCommands: number;
}

export function zvtCounters(): ZvtCounters {
  return {
    ...LINE_COUNTERS,
    sessions: 0,
    apdusReceived: 0,
    apdusSent: 0,
    orders: 0,
    lineFaults: 0,
    unreadFields: 0,
    strayMessages: 0,
    refusedRequests: 0,
    repeatedCommands: 0,
  };
}
