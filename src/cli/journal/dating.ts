import { type BootId, instantOf, type Moment, momentOf } from "../../domain/clock.ts";
import { type ClockEvent, clockRecordOf } from "../../domain/clock-record.ts";
import { BootTimes, type Dated, isWorthTelling } from "../../domain/redate.ts";
import type { Seq } from "../../domain/record.ts";
import type { OfflineLedger } from "../../queue/offline.ts";
import type { StoredRecord } from "../../queue/page.ts";
import { rfc3339 } from "../../runtime/clock.ts";
import { envelopeOf, type Told } from "./selection.ts";

/** A time as people are shown it. */
export interface ShownTime {
  /** RFC 3339. */
  readonly time: string;
  /** `redated`: the ledger says another. `unknown`: the clock of that boot was never set, it may be any time. */
  readonly basis: Dated["basis"];
}

/** A clock that jumps further between a request and its last news was set in between. ms. */
const SAME_SITTING_MS = 3_600_000;
/** Records among which that step is looked for: two days of a busy shop. */
const STEPS_WITHIN = 20_000;

/**
 * When things really happened, by the ledger's own clock records. Reads on from what was recorded under a clock that was
 * not set until its boot's clock is; back to the boot's beginning only if it never is. A ledger whose clock was right
 * costs nothing.
 */
export class Dating {
  readonly #ledger: OfflineLedger;
  readonly #times = new BootTimes();
  readonly #readOn = new Set<BootId>();
  readonly #readBackIn = new Set<BootId>();

  constructor(ledger: OfflineLedger) {
    this.#ledger = ledger;
  }

  /** When a transaction was requested. */
  requestedAt({ seq, transaction, moment }: Told): ShownTime {
    const believed = instantOf(transaction.requestedAt);
    if (believed === undefined || moment === undefined) return { time: transaction.requestedAt, basis: "unknown" };
    if (!moment.clock.synced) this.#readBoot(seq, moment);
    else if (Math.abs(moment.at - believed) > SAME_SITTING_MS) this.#readBack(seq, moment, STEPS_WITHIN);
    const { at, basis } = this.#times.datedWall(believed, moment);
    return isWorthTelling(believed, at)
      ? { time: rfc3339(at), basis }
      : { time: transaction.requestedAt, basis: basis === "redated" ? "synchronised" : basis };
  }

  /** When a record was written; `undefined` when it does not say it at all. */
  written(record: StoredRecord): string | undefined {
    const moment = momentOf(envelopeOf(record));
    if (moment === undefined) return undefined;
    if (!moment.clock.synced) this.#readBoot(record.seq, moment);
    return rfc3339(this.#times.dated(moment).at);
  }

  /** What was recorded before the clock was set is dated by what comes after; what was recorded since it was lost, by what came before. */
  #readBoot(seq: Seq, moment: Moment): void {
    const { bootId } = moment.clock;
    if (this.#readOn.has(bootId)) return;
    this.#readOn.add(bootId);
    const isSet = this.#take(bootId, this.#ledger.forward(seq), "synchronised");
    if (!isSet) this.#readBack(seq, moment, Number.POSITIVE_INFINITY);
  }

  #readBack(seq: Seq, { clock: { bootId } }: Moment, within: number): void {
    if (this.#readBackIn.has(bootId)) return;
    this.#readBackIn.add(bootId);
    this.#take(bootId, atMost(within, this.#ledger.backward(seq)));
  }

  /** Takes in the clock records of this boot among these. @returns whether one tells `last`, which is then the last taken. */
  #take(boot: BootId, records: Iterable<StoredRecord>, last?: ClockEvent): boolean {
    for (const record of records) {
      if (record.kind !== "clock") continue;
      const envelope = envelopeOf(record);
      const moment = momentOf(envelope);
      const told = clockRecordOf(envelope);
      if (moment === undefined || told === undefined) continue;
      // Every start of the gateway writes a clock record: from here on it is another boot.
      if (moment.clock.bootId !== boot) return false;
      this.#times.take(moment, told);
      if (told.event === last) return true;
    }
    return false;
  }
}

function* atMost<T>(count: number, items: Iterable<T>): Generator<T> {
  let taken = 0;
  for (const item of items) {
    if (taken >= count) return;
    taken += 1;
    yield item;
  }
}
