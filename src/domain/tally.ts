import { recordWithin } from "./carried.ts";
import type { CurrencySum, Tally } from "./gap.ts";
import type { Currency, MinorUnits } from "./money.ts";

export interface NamedAmount {
  readonly currency: Currency;
  readonly amount: MinorUnits;
}

/** The money that a record names, where it names any: a transaction's, or what stands in the body itself. */
export function amountNamedBy(envelope: { readonly kind?: unknown; readonly body?: unknown }): NamedAmount | undefined {
  const { kind, body } = recordWithin(envelope);
  if (kind === "gap" || typeof body !== "object" || body === null) return undefined;
  const named = "transaction" in body ? body.transaction : body;
  if (typeof named !== "object" || named === null || !("amount" in named) || !("currency" in named)) return undefined;
  const { amount, currency } = named;
  return typeof amount === "number" && Number.isSafeInteger(amount) && typeof currency === "string"
    ? { currency: currency as Currency, amount: amount as MinorUnits }
    : undefined;
}

/** Counts records, and sums what they name. */
export class Tallying {
  #count = 0;
  readonly #sums = new Map<Currency, { count: number; amount: number }>();

  add(named: NamedAmount | undefined): void {
    this.#count += 1;
    if (named === undefined) return;
    const sum = this.#sums.get(named.currency) ?? { count: 0, amount: 0 };
    sum.count += 1;
    sum.amount += named.amount;
    this.#sums.set(named.currency, sum);
  }

  result(): Tally {
    const sums = [...this.#sums].map(([currency, { count, amount }]): CurrencySum => ({
      currency,
      count,
      amount: amount as MinorUnits,
    }));
    return { count: this.#count, sums: sums.toSorted((a, b) => (a.currency < b.currency ? -1 : 1)) };
  }
}
