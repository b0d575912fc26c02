import { binomialTail } from "../impact/binomial-tail.ts";

/** Payments of one hour. */
export interface Cell {
  readonly payments: number;
  /** Without an answer, not sent, or broken off; a decline is none. */
  readonly failed: number;
  /** Those with a host round trip, and its sum, ms. */
  readonly answered: number;
  readonly hostMs: number;
  /** The most within ten minutes. */
  readonly peak: number;
}

/** What was served without harm: payments. */
export interface Carried {
  readonly perHour: number;
  readonly perTenMinutes: number;
}

export const NOTHING: Cell = { payments: 0, failed: 0, answered: 0, hostMs: 0, peak: 0 };
/** So many failures and more happen by chance in one hour of a hundred: the hour did not go well. */
const BY_CHANCE = 0.01;
/** Answers that take so many times the usual say that the line was full. */
const TIMES_USUAL = 2;

export function sum(a: Cell, b: Cell): Cell {
  return {
    payments: a.payments + b.payments,
    failed: a.failed + b.failed,
    answered: a.answered + b.answered,
    hostMs: a.hostMs + b.hostMs,
    peak: Math.max(a.peak, b.peak),
  };
}

export function merged(most: Carried | undefined, { payments, peak }: Cell): Carried {
  return {
    perHour: Math.max(most?.perHour ?? 0, payments),
    perTenMinutes: Math.max(most?.perTenMinutes ?? 0, peak),
  };
}

/** No more failures than chance makes of the usual share, and answers about as fast as usual. */
export function wentWell(cell: Cell, usual: Cell): boolean {
  // Laplace's rule: that none failed yet does not prove that none ever does.
  if (binomialTail(cell.failed, cell.payments, (usual.failed + 1) / (usual.payments + 2)) < BY_CHANCE) return false;
  if (cell.answered === 0 || usual.answered === 0) return true;
  return cell.hostMs / cell.answered <= (TIMES_USUAL * usual.hostMs) / usual.answered;
}
