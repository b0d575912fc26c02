import type { Instant } from "./domain/clock.ts";
import type { CurrencySum, NotRecorded } from "./domain/gap.ts";
import { type Currency, currency, type MinorUnits, minorUnits } from "./domain/money.ts";
import type { RecordDraft } from "./domain/record.ts";
import { transactionRecordOf } from "./domain/transaction-history.ts";
import { rfc3339 } from "./runtime/clock.ts";

/** Transactions whose amounts are told apart; an older one whose next record is lost too counts twice in the sum. */
const MAX_TOLD_APART = 10_000;

interface Money {
  readonly currency: Currency;
  readonly amount: MinorUnits;
}

/** Counts what is in no ledger and in no memory any more, so that one record can say so. */
export class Missing {
  readonly #money = new Map<string, Money>();
  readonly #sums = new Map<Currency, { count: number; amount: number }>();
  #count = 0;
  #first: Instant | undefined;
  #last: Instant | undefined;
  #code = "";

  get count(): number {
    return this.#count;
  }

  /** @param code  Why the disk refused it. */
  add(draft: RecordDraft, at: Instant, code: string): void {
    this.#count += 1;
    this.#first ??= at;
    this.#last = at;
    this.#code = code;
    const transaction = transactionRecordOf(draft)?.transaction;
    if (transaction?.amount === undefined || transaction.currency === undefined) return;
    // Every record carries the whole transaction: the newest says what it is about.
    this.#money.delete(transaction.id);
    this.#money.set(transaction.id, { currency: transaction.currency, amount: transaction.amount });
    const [oldest] = this.#money;
    if (oldest === undefined || this.#money.size <= MAX_TOLD_APART) return;
    this.#money.delete(oldest[0]);
    addTo(this.#sums, oldest[1]);
  }

  /** Takes in what came after this. */
  absorb(later: Missing): void {
    if (later.#count === 0) return;
    this.#count += later.#count;
    this.#first ??= later.#first;
    this.#last = later.#last;
    this.#code = later.#code;
    for (const [id, money] of later.#money) this.#money.set(id, money);
    for (const [code, { count, amount }] of later.#sums) addTo(this.#sums, { currency: code, amount }, count);
  }

  /** `undefined` when nothing is missing. */
  told(): NotRecorded | undefined {
    if (this.#first === undefined || this.#last === undefined) return undefined;
    return {
      event: "notRecorded",
      count: this.#count,
      sums: this.sums(),
      code: this.#code,
      firstAt: rfc3339(this.#first),
      lastAt: rfc3339(this.#last),
    };
  }

  sums(): readonly CurrencySum[] {
    const sums = new Map([...this.#sums].map(([code, sum]) => [code, { ...sum }]));
    for (const money of this.#money.values()) addTo(sums, money);
    return [...sums].map(([code, { count, amount }]) => ({
      currency: currency(code),
      count,
      amount: minorUnits(amount),
    }));
  }
}

function addTo(
  sums: Map<Currency, { count: number; amount: number }>,
  { currency: code, amount }: { readonly currency: Currency; readonly amount: number },
  count = 1,
): void {
  const sum = sums.get(code) ?? { count: 0, amount: 0 };
  sum.count += count;
  sum.amount += amount;
  sums.set(code, sum);
}
