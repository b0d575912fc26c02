/** Since start; for /metrics. */
export interface RelayCounters {
  connections: number;
  requests: number;
  answers: number;
  /** Messages in which some field could not be read. They were passed on all the same. */
  undecodable: number;
  /** Bytes that were passed on without being looked at. */
  opaqueBytes: number;
  /** Closed by tillgate because the terminal is paused. */
  refused: number;
  /** The disk was slower than `writeAheadMaxMs`. */
  forwardedBeforeDurable: number;
  /** Facts that the ledger would not take. */
  notRecorded: number;
  /** Bugs of ours while looking at bytes. The bytes went on. */
  observerFailures: number;
  /** Connections closed because no endpoint of the acquirer could be reached. */
  unreachable: number;
  /** Connections closed because one address held too many. */
  overAddressLimit: number;
}

export function noRelayCounters(): RelayCounters {
  return {
    connections: 0,
    requests: 0,
    answers: 0,
    undecodable: 0,
    opaqueBytes: 0,
    refused: 0,
    forwardedBeforeDurable: 0,
    notRecorded: 0,
    observerFailures: 0,
    unreachable: 0,
    overAddressLimit: 0,
  };
}
