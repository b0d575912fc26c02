import type { Moment } from "../domain/clock.ts";
import type { ExposureMeasure, ExposureSum } from "../domain/exposure.ts";
import type { Age } from "./age.ts";
import type { Money } from "./standing.ts";

/** Count and money of several, one currency. */
export interface Sum {
  readonly currency: string;
  readonly count: number;
  readonly debit: number;
  readonly credit: number;
  readonly hold: number;
  /** Of the oldest of them. */
  readonly since: Moment;
}

/** Exact up to 2^53 - 1, where it stays: that is ninety trillion yuan. */
function plus(a: number, b: number): number {
  return Math.min(a + b, Number.MAX_SAFE_INTEGER);
}

export function sumOf({ currency, side, amount }: Money, since: Moment, count = 1): Sum {
  return { currency, count, debit: 0, credit: 0, hold: 0, [side]: amount, since };
}

/** Both in the same currency; `a` is the older. */
export function together(a: Sum, b: Sum): Sum {
  return {
    currency: a.currency,
    count: a.count + b.count,
    debit: plus(a.debit, b.debit),
    credit: plus(a.credit, b.credit),
    hold: plus(a.hold, b.hold),
    since: a.since,
  };
}

/** One less; `undefined` when that was the last. */
export function less(sum: Sum, { side, amount }: Money): Sum | undefined {
  return sum.count <= 1 ? undefined : { ...sum, count: sum.count - 1, [side]: Math.max(sum[side] - amount, 0) };
}

/** Terminals and currencies of one measure that are shown apart, those with the most; a message stays below 200 KB. */
const ROWS = 256;

type Row = { -readonly [K in keyof ExposureSum]: ExposureSum[K] };

/** Adds up one measure as it is shown. */
export class MeasureSums {
  readonly #rows = new Map<string, Row>();
  readonly #ageOf: (since: Moment) => Age;
  #count = 0;
  #oldestMs: number | undefined;
  #isAtLeast = false;

  constructor(ageOf: (since: Moment) => Age) {
    this.#ageOf = ageOf;
  }

  add(terminal: string | undefined, money: Money, since: Moment): void {
    const row = this.#row(terminal, money.currency);
    row.count += 1;
    row[money.side] = plus(row[money.side], money.amount);
    this.#count += 1;
    this.#grow(since);
  }

  addSum(terminal: string | undefined, sum: Sum): void {
    const row = this.#row(terminal, sum.currency);
    row.count += sum.count;
    row.debit = plus(row.debit, sum.debit);
    row.credit = plus(row.credit, sum.credit);
    row.hold = plus(row.hold, sum.hold);
    this.#count += sum.count;
    this.#grow(sum.since);
  }

  result(): ExposureMeasure {
    const oldestMs = this.#oldestMs;
    const rows = [...this.#rows.values()].toSorted((a, b) => b.count - a.count);
    return {
      count: this.#count,
      ...(oldestMs === undefined ? {} : { oldestAgeS: Math.floor(oldestMs / 1_000) }),
      ...(this.#isAtLeast ? { oldestAgeIsAtLeast: true as const } : {}),
      sums: [...rows.slice(0, ROWS), ...byCurrency(rows.slice(ROWS))].toSorted((a, b) =>
        keyOf(a) < keyOf(b) ? -1 : 1,
      ),
    };
  }

  #row(terminal: string | undefined, currency: string): Row {
    const key = keyOf({ terminal, currency });
    let row = this.#rows.get(key);
    if (row === undefined) {
      row = { ...(terminal === undefined ? {} : { terminal }), currency, count: 0, debit: 0, credit: 0, hold: 0 };
      this.#rows.set(key, row);
    }
    return row;
  }

  #grow(since: Moment): void {
    const { ms, isAtLeast } = this.#ageOf(since);
    if (this.#oldestMs === undefined || ms > this.#oldestMs) this.#oldestMs = ms;
    // One whose age is not known may be the oldest of all.
    this.#isAtLeast ||= isAtLeast;
  }
}

function keyOf({
  terminal = "",
  currency,
}: {
  readonly terminal?: string | undefined;
  readonly currency: string;
}): string {
  return `${terminal} ${currency}`;
}

/** Rows beyond what is shown, by currency alone. */
function byCurrency(rows: readonly ExposureSum[]): readonly ExposureSum[] {
  const sums = new Map<string, ExposureSum>();
  for (const { currency, count, debit, credit, hold } of rows) {
    const sum = sums.get(currency) ?? { currency, count: 0, debit: 0, credit: 0, hold: 0 };
    sums.set(currency, {
      currency,
      count: sum.count + count,
      debit: plus(sum.debit, debit),
      credit: plus(sum.credit, credit),
      hold: plus(sum.hold, hold),
    });
  }
  return [...sums.values()];
}
