/** Numbers of one terminal since start, for /metrics. */
export interface SupervisionCounters {
  polls: number;
  pollsMissed: number;
  opens: number;
  opensFailed: number;
  linksLost: number;
  softResets: number;
  restarts: number;
  /** The driver threw what it must not, or a call of ours into it did. */
  crashes: number;
  /** Calls that did not come back though they were told to stop. */
  hung: number;
  /** Claims that were not given back in time. */
  claimsOverdue: number;
  claims: number;
  claimsRefused: number;
  /** Bytes on the line that were no protocol, or repeated: evidence of a bad line. */
  lineFaults: number;
  swipes: number;
  /** Results that no running order waited for. */
  lateAnswers: number;
  /** News that came faster than it may be recorded. */
  newsDropped: number;
  recordsFailed: number;
}

export function noCounters(): SupervisionCounters {
  return {
    polls: 0,
    pollsMissed: 0,
    opens: 0,
    opensFailed: 0,
    linksLost: 0,
    softResets: 0,
    restarts: 0,
    crashes: 0,
    hung: 0,
    claimsOverdue: 0,
    claims: 0,
    claimsRefused: 0,
    lineFaults: 0,
    swipes: 0,
    lateAnswers: 0,
    newsDropped: 0,
    recordsFailed: 0,
  };
}
