import type { Exposure, ExposureMeasure, ExposureSum } from "../../src/domain/exposure.ts";

const NONE: ExposureMeasure = { count: 0, sums: [] };

export const NOTHING_AT_RISK: Exposure = {
  inDoubt: NONE,
  reversalAbandoned: NONE,
  unsettled: NONE,
  notUploaded: NONE,
  unbalanced: NONE,
  unreported: { ...NONE, records: 0 },
  parked: NONE,
};

/** A measure with one sale of 123.45 CNY in it; say what differs. */
export function aMeasure(oldestAgeS: number, differs: Partial<ExposureSum> = {}): ExposureMeasure {
  const sum = { terminal: "till-1", currency: "CNY", count: 1, debit: 12_345, credit: 0, hold: 0, ...differs };
  return { count: sum.count, oldestAgeS, sums: [sum] };
}
