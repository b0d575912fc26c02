import type { Moment } from "../domain/clock.ts";
import type { Exposure, Measure } from "../domain/exposure.ts";
import type { Seq } from "../domain/record.ts";
import { ageOf } from "./age.ts";
import type { Entry } from "./shelf.ts";
import type { ExposureState } from "./state.ts";
import { MeasureSums } from "./sums.ts";

/**
 * A request younger than this is under way: what it will come to is merely not known yet. Longer than terminals wait
 * (reference iso8583.md, 1.7: DE62 tag 12, default 60 s). ms.
 */
const UNDER_WAY_MS = 90_000;

export interface Present {
  readonly now: Moment;
  /** The ledger's newest record, and how far headquarters has confirmed. */
  readonly head: Seq;
  readonly mark: Seq;
}

/** Money at risk at this moment. */
export function exposureAt(state: ExposureState, { now, head, mark }: Present): Exposure {
  const newSums = (): MeasureSums => new MeasureSums((since) => ageOf(since, now, state.times));
  const sums: Readonly<Record<Measure, MeasureSums>> = {
    inDoubt: newSums(),
    reversalAbandoned: newSums(),
    unsettled: newSums(),
    notUploaded: newSums(),
    unbalanced: newSums(),
  };
  for (const { terminal, open, unsettled, folded, batches } of state.shelves) {
    for (const entry of open.values()) {
      if (!isUnderWay(entry, now)) sums[entry.measure].add(terminal, entry, entry.since);
    }
    for (const entry of unsettled.values()) {
      if (entry.voidedBy === undefined) sums.unsettled.add(terminal, entry, entry.since);
    }
    for (const one of folded) sums[one.measure].addSum(terminal, one);
    for (const { currency, debit, credit, since, refusedDetails, hostDisagrees, ledgerDisagrees } of batches.values()) {
      if (hostDisagrees || ledgerDisagrees) {
        sums.unbalanced.addSum(terminal, { currency, count: 1, debit, credit, hold: 0, since });
      }
      if (refusedDetails === 0) continue;
      sums.notUploaded.addSum(terminal, { currency, count: refusedDetails, debit: 0, credit: 0, hold: 0, since });
    }
  }
  const unreported = newSums();
  state.unreported.addTo(unreported);
  const parked = newSums();
  state.parked.addTo(parked);
  return {
    inDoubt: sums.inDoubt.result(),
    reversalAbandoned: sums.reversalAbandoned.result(),
    unsettled: sums.unsettled.result(),
    notUploaded: sums.notUploaded.result(),
    unbalanced: sums.unbalanced.result(),
    unreported: { records: Math.max(head - mark, 0), ...unreported.result() },
    parked: parked.result(),
  };
}

/** By the monotonic clock: a request of an earlier boot is under way no more. */
function isUnderWay({ underWaySince }: Entry, now: Moment): boolean {
  if (underWaySince === undefined || underWaySince.clock.bootId !== now.clock.bootId) return false;
  return now.clock.monotonicMs - underWaySince.clock.monotonicMs < UNDER_WAY_MS;
}
