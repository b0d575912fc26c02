/**
 * Money at risk (contracts.md, topic `exposure`). A transaction stands in at most one of the first four:
 *
 * - `inDoubt`: nobody knows whether money moved: outcome `inDoubt` or `reversing`. A request that is under way counts
 *   after 90 s.
 * - `reversalAbandoned`: the terminal gave a reversal up; the cardholder may be debited for nothing.
 * - `unsettled`: approved, and in a batch that has not been settled.
 * - `notUploaded`: sold without asking (offline sale, completion advice, adjustment), and the host has not acknowledged it.
 *   Beside it batch details that the host refused.
 * - `unbalanced`: batches whose settlement did not balance, by the host's word or by this ledger's sums.
 */
export const MEASURES = ["inDoubt", "reversalAbandoned", "unsettled", "notUploaded", "unbalanced"] as const;
export type Measure = (typeof MEASURES)[number];

/**
 * Which way the money goes. `debit`: the shop is to get it. `credit`: a customer is to get it back. `hold`: it is only
 * reserved on a card. They are never set off against each other: a refund of 100 does not make a sale of 100 safe.
 */
export const SIDES = ["debit", "credit", "hold"] as const;
export type Side = (typeof SIDES)[number];

/** Stands for a currency where there is no amount. */
export const NO_CURRENCY = "none";

/** Count and sums of one terminal in one currency. Sums are minor units; beyond 2^53 - 1 they stay there. */
export interface ExposureSum extends Readonly<Record<Side, number>> {
  /** Absent where the money belongs to no terminal, and in the rest of a shop with very many. */
  readonly terminal?: string;
  /** ISO 4217 letters; the three digits of DE49 where our table has no letters; `none` where there is no amount. */
  readonly currency: string;
  /** Transactions; batches in `unbalanced`, records in `parked`. */
  readonly count: number;
}

export interface ExposureMeasure {
  readonly count: number;
  /** Whole seconds that the oldest has stood there. Absent when there is none. */
  readonly oldestAgeS?: number;
  /** The clock was not set then or is not now: it has stood there at least so long, perhaps much longer. */
  readonly oldestAgeIsAtLeast?: true;
  /** By terminal, then by currency. */
  readonly sums: readonly ExposureSum[];
}

/** What headquarters has not confirmed. Apart from the money at risk: it is safe here, and only unknown there. */
export interface UnreportedMeasure extends ExposureMeasure {
  /** Records of any kind; `count` is of the transactions that they tell of. */
  readonly records: number;
}

export interface Exposure extends Readonly<Record<Measure, ExposureMeasure>> {
  readonly unreported: UnreportedMeasure;
  /** Records that the broker cannot be given. */
  readonly parked: ExposureMeasure;
}
