import { type Moment, momentOf } from "../domain/clock.ts";
import { keyOf, type RecordKey, recordWithin } from "../domain/carried.ts";
import type { Seq } from "../domain/record.ts";
import type { Transaction, TransactionId } from "../domain/transaction.ts";
import { transactionRecordOf } from "../domain/transaction-history.ts";
import type { StoredRecord } from "./sources.ts";

/** A transaction as one record has it. */
export interface Told {
  readonly seq: Seq;
  /** Where the record counts, when this one only carries it. */
  readonly carried?: RecordKey;
  readonly transaction: Transaction;
  /** RFC 3339, when the record was written. */
  readonly at: string;
  /** Whether `at` was known to be right then. */
  readonly synced: boolean;
  /** Both clocks when the record was written. */
  readonly moment: Moment | undefined;
}

/** What the transaction records among these tell, in the same order. */
export function tellings(records: readonly StoredRecord[]): readonly Told[] {
  return records.flatMap(({ seq, kind, envelope: text }) => {
    if (kind !== "transaction" && kind !== "carried") return [];
    const outermost: unknown = JSON.parse(text.toString("utf8"));
    if (typeof outermost !== "object" || outermost === null) return [];
    const envelope: object = recordWithin(outermost);
    const told = transactionRecordOf(envelope);
    if (told === undefined) return [];
    const at = "at" in envelope && typeof envelope.at === "string" ? envelope.at : told.transaction.requestedAt;
    const moment = momentOf(envelope);
    const carried = envelope === outermost ? undefined : keyOf(envelope);
    return [
      {
        seq,
        transaction: told.transaction,
        at,
        synced: moment?.clock.synced === true,
        moment,
        ...(carried === undefined ? {} : { carried }),
      },
    ];
  });
}

/**
 * Which record is the newest about each transaction, for one unbroken stretch of the ledger that ends at its head.
 * Every record carries the whole transaction, so the newest is all that a reader needs, and an older one
 * (a sale that was in doubt for a second) must never be taken for it.
 */
export class NewestRecords {
  readonly #newest = new Map<TransactionId, Seq>();
  /** The stretch: from `#low`, up to and without `#end`. */
  #low: number;
  #end: number;

  /** @param end  One above the ledger's head. */
  constructor(end: number) {
    this.#low = end;
    this.#end = end;
  }

  get low(): number {
    return this.#low;
  }

  get end(): number {
    return this.#end;
  }

  /** Transactions known: what this costs in memory is some 120 bytes each. */
  get size(): number {
    return this.#newest.size;
  }

  /**
   * Takes in what the records from `low` up to and without `end` tell.
   *
   * @throws RangeError when that does not adjoin the stretch: what lies between could hold a newer record.
   */
  cover(low: number, end: number, told: readonly Told[]): void {
    if (end < this.#low || low > this.#end) throw new RangeError(`records ${low} to ${end} leave a hole`);
    for (const { seq, transaction } of told) {
      const known = this.#newest.get(transaction.id);
      if (known === undefined || known < seq) this.#newest.set(transaction.id, seq);
    }
    this.#low = Math.min(this.#low, low);
    this.#end = Math.max(this.#end, end);
  }

  isNewest({ seq, transaction }: Told): boolean {
    return this.#newest.get(transaction.id) === seq;
  }
}
