/** Numbers of one driver since start, over all of its sessions. */
export interface ZvtCounters extends Record<string, number> {
  sessions: number;
  apdusReceived: number;
  apdusSent: number;
  orders: number;
  lineFaults: number;
  noiseBytes: number;
  oversizedApdus: number;
  unreadFields: number;
  strayMessages: number;
  refusedRequests: number;
  repeatedCommands: number;
}

export function zvtCounters(): ZvtCounters {
  return {
    sessions: 0,
    apdusReceived: 0,
    apdusSent: 0,
    orders: 0,
    lineFaults: 0,
    noiseBytes: 0,
    oversizedApdus: 0,
    unreadFields: 0,
    strayMessages: 0,
    refusedRequests: 0,
    repeatedCommands: 0,
  };
}
