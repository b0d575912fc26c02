import type { Moment } from "../domain/clock.ts";
import { NO_CURRENCY } from "../domain/exposure.ts";
import type { Parked as ParkedRecord } from "../domain/gap.ts";
import type { Seq } from "../domain/record.ts";
import { type MeasureSums, type Sum, sumOf, together } from "./sums.ts";

/** Records that are kept one by one. So many are parked only when a broker refuses everything. */
const KEPT = 5_000;

interface ParkedEntry {
  readonly terminal?: string;
  readonly sum: Sum;
}

/** Plain data, for a snapshot. */
export interface ParkedSnapshot {
  readonly records: readonly (readonly [Seq, ParkedEntry])[];
  readonly folded?: Sum;
}

/** Records that the broker cannot be given, as `gap` records tell. Their money counts as debit: the record says no side. */
export class Parked {
  readonly #records = new Map<Seq, ParkedEntry>();
  /** The oldest beyond the bound, all currencies and terminals: their count alone still means something. */
  #folded: Sum | undefined;

  park({ seq, terminal, currency, amount }: Omit<ParkedRecord, "event">, moment: Moment): void {
    const money = { currency: currency ?? NO_CURRENCY, side: "debit", amount: amount ?? 0 } as const;
    const sum = sumOf(money, this.#records.get(seq)?.sum.since ?? moment);
    this.#records.set(seq, terminal === undefined ? { sum } : { terminal, sum });
    if (this.#records.size <= KEPT) return;
    const [oldest] = this.#records;
    if (oldest === undefined) return;
    this.#records.delete(oldest[0]);
    const more: Sum = { ...oldest[1].sum, currency: NO_CURRENCY, debit: 0 };
    this.#folded = this.#folded === undefined ? more : together(this.#folded, more);
  }

  /** It is to be sent again. */
  release(seq: Seq): void {
    if (this.#records.delete(seq) || this.#folded === undefined) return;
    const { count } = this.#folded;
    this.#folded = count <= 1 ? undefined : { ...this.#folded, count: count - 1 };
  }

  addTo(sums: MeasureSums): void {
    if (this.#folded !== undefined) sums.addSum(undefined, this.#folded);
    for (const { terminal, sum } of this.#records.values()) sums.addSum(terminal, sum);
  }

  toJSON(): ParkedSnapshot {
    return { records: [...this.#records], ...(this.#folded === undefined ? {} : { folded: this.#folded }) };
  }

  /** The inverse of `toJSON`. */
  static from({ records, folded }: ParkedSnapshot): Parked {
    const parked = new Parked();
    for (const [seq, entry] of records) parked.#records.set(seq, entry);
    parked.#folded = folded;
    return parked;
  }
}
