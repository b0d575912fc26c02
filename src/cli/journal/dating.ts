import { type BootId, instantOf, momentOf } from "../../domain/clock.ts";
import { type ClockEvent, clockRecordOf } from "../../domain/clock-record.ts";
import { recordWithin } from "../../domain/carried.ts";
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

/** Where the reading begins. */
interface Place {
  readonly seq: Seq;
  readonly boot: BootId;
  /** From an earlier stream. */
  readonly isCarried: boolean;
}

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
  requestedAt({ seq, transaction, moment, carried }: Told): ShownTime {
    const believed = instantOf(transaction.requestedAt);
    if (believed === undefined || moment === undefined) return { time: transaction.requestedAt, basis: "unknown" };
    const place = { seq, boot: moment.clock.bootId, isCarried: carried !== undefined };
    if (!moment.clock.synced) this.#readBoot(place);
    else if (Math.abs(moment.at - believed) > SAME_SITTING_MS) this.#readBack(place, STEPS_WITHIN);
    const { at, basis } = this.#times.datedWall(believed, moment);
    return isWorthTelling(believed, at)
      ? { time: rfc3339(at), basis }
      : { time: transaction.requestedAt, basis: basis === "redated" ? "synchronised" : basis };
  }

  /** When a record was written; `undefined` when it does not say it at all. */
  written(record: StoredRecord): string | undefined {
    const moment = momentOf(recordWithin(envelopeOf(record)));
    if (moment === undefined) return undefined;
    const place = { seq: record.seq, boot: moment.clock.bootId, isCarried: record.kind === "carried" };
    if (!moment.clock.synced) this.#readBoot(place);
    return rfc3339(this.#times.dated(moment).at);
  }

  /** What was recorded before the clock was set is dated by what comes after; what was recorded since it was lost, by what came before. */
  #readBoot(place: Place): void {
    if (this.#readOn.has(place.boot)) return;
    this.#readOn.add(place.boot);
    const isSet = this.#take(place, this.#ledger.forward(place.seq), "synchronised");
    if (!isSet) this.#readBack(place, Number.POSITIVE_INFINITY);
  }

  #readBack(place: Place, within: number): void {
    if (this.#readBackIn.has(place.boot)) return;
    this.#readBackIn.add(place.boot);
    this.#take(place, atMost(within, this.#ledger.backward(place.seq)));
  }

  /** Takes in the clock records of this boot among these. @returns whether one tells `last`, which is then the last taken. */
  #take({ boot, isCarried }: Place, records: Iterable<StoredRecord>, last?: ClockEvent): boolean {
    for (const record of records) {
      if (record.kind !== "clock" && record.kind !== "carried") continue;
      const envelope: object = recordWithin(envelopeOf(record));
      const moment = momentOf(envelope);
      const told = clockRecordOf(envelope);
      if (moment === undefined || told === undefined) continue;
      if (moment.clock.bootId === boot) {
        this.#times.take(moment, told);
        if (told.event === last) return true;
      } else if (!isCarried && record.kind === "clock") {
        // Every start of the gateway writes one: from here on it is another boot. What an earlier stream held may stand anywhere.
        return false;
      }
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
