import type { BackoffPolicy } from "../../runtime/backoff.ts";

/** How a terminal is watched over. All times in ms. */
export interface SupervisionPolicy {
  /** Between two questions to a terminal that nobody uses; 0 asks none: it is then `idle`, and never `offline` by silence. */
  readonly heartbeatMs: number;
  /** Questions in a row without an answer. */
  readonly unknownAfter: number;
  readonly offlineAfter: number;
  /** After the first question without an answer, before it is repeated. */
  readonly repeatAfterMs: number;
  /** So long it must answer before its troubles are forgotten, and before a standby gives back. */
  readonly stableMs: number;
  readonly reopen: BackoffPolicy;
  /** Steps that the terminal's own condition asks for: at most so many in a row, the first pause doubled with each. */
  readonly softResets: number;
  readonly softResetCoolDownMs: number;
  /** Links opened in vain before the driver itself is made anew. */
  readonly restartAfter: number;
  /** Doubled with each restart, up to the limit. */
  readonly restartCoolDownMs: number;
  readonly restartCoolDownMaxMs: number;
  /** Another terminal answers on this port: when to look again. */
  readonly recheckMs: number;
  /** Whether a terminal that asks for its end of day gets it: moves money. */
  readonly autoSettle: boolean;
  readonly settleCoolDownMs: number;
}

export const DEFAULT_POLICY: SupervisionPolicy = {
  heartbeatMs: 10_000,
  unknownAfter: 2,
  offlineAfter: 4,
  repeatAfterMs: 1_000,
  stableMs: 60_000,
  reopen: { floorMs: 500, firstMs: 1_000, ceilingMs: 30_000 },
  softResets: 3,
  softResetCoolDownMs: 60_000,
  restartAfter: 6,
  restartCoolDownMs: 300_000,
  restartCoolDownMaxMs: 21_600_000,
  recheckMs: 30_000,
  autoSettle: false,
  settleCoolDownMs: 900_000,
};

/** Heartbeats of many terminals must not fall together: a tenth of the interval either way. */
export function heartbeatDelay({ heartbeatMs }: SupervisionPolicy, random: number): number {
  return heartbeatMs * (0.9 + 0.2 * random);
}
