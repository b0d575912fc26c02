import type { Instant, Moment } from "../domain/clock.ts";
import type { Measure } from "../domain/exposure.ts";
import type { TransactionId } from "../domain/transaction.ts";
import type { Money, TransactionMeasure } from "./standing.ts";
import { less, type Sum, sumOf, together } from "./sums.ts";

/** One transaction that stands in a measure. */
export interface Entry extends Money {
  readonly measure: TransactionMeasure;
  /** DE60.2; empty where the terminal names none. */
  readonly batch: string;
  /** Since when it stands in this measure. */
  readonly since: Moment;
  /** Its newest record is a request that waits for its answer. */
  readonly underWaySince?: Moment;
  /** What is the same in each repetition of an advice, also when the ledger took them for several transactions. */
  readonly advice?: string;
  /** An approved void took it out of its batch; it comes back when that void is undone. */
  readonly voidedBy?: TransactionId;
}

/** A batch whose settlement is not as it should be. */
export interface Batch {
  readonly currency: string;
  readonly since: Moment;
  /** The host said so; or this ledger's sums are others than the terminal's. */
  readonly hostDisagrees: boolean;
  readonly ledgerDisagrees: boolean;
  readonly debit: number;
  readonly credit: number;
  /** In the newest upload message, when the host refused that: the least that it has not acknowledged. */
  readonly refusedDetails: number;
}

/** What a settlement request claimed that waits for its answer. */
export interface Claim {
  readonly batch: string;
  readonly debit: number;
  readonly credit: number;
}

/** What became too much to be kept one by one. */
export interface Folded extends Sum {
  readonly measure: Measure;
  readonly batch: string;
  /** Wall time since when the newest of them had stood there. */
  readonly newestAt: Instant;
}

/** Batches of one terminal that are kept one by one: a settlement a day, and a third of a year without a good one. */
const BATCHES_KEPT = 100;
/** Where a folded transaction most likely stood. */
const FOLDED_FIRST: readonly TransactionMeasure[] = ["inDoubt", "notUploaded", "reversalAbandoned", "unsettled"];

/** Plain data, for a snapshot. */
export interface ShelfSnapshot {
  readonly terminal: string;
  readonly open: readonly (readonly [TransactionId, Entry])[];
  readonly unsettled: readonly (readonly [TransactionId, Entry])[];
  readonly batches: readonly (readonly [string, Batch])[];
  readonly folded: readonly Folded[];
  readonly claim?: Claim;
}

/** What of one terminal's money is at risk. */
export class Shelf {
  readonly terminal: string;
  /** `inDoubt`, `reversalAbandoned`, `notUploaded`; in the order in which they came. */
  readonly open = new Map<TransactionId, Entry>();
  readonly unsettled = new Map<TransactionId, Entry>();
  readonly batches = new Map<string, Batch>();
  claim: Claim | undefined;
  readonly #folded = new Map<string, Folded>();

  constructor(terminal: string) {
    this.terminal = terminal;
  }

  get isEmpty(): boolean {
    return (
      this.claim === undefined && [this.open, this.unsettled, this.batches, this.#folded].every((m) => m.size === 0)
    );
  }

  get folded(): Iterable<Folded> {
    return this.#folded.values();
  }

  entry(id: TransactionId): Entry | undefined {
    return this.open.get(id) ?? this.unsettled.get(id);
  }

  /** One that stays in its map keeps its place: the oldest is the first. */
  put(id: TransactionId, entry: Entry): void {
    const [here, there] = entry.measure === "unsettled" ? [this.unsettled, this.open] : [this.open, this.unsettled];
    there.delete(id);
    here.set(id, entry);
  }

  remove(id: TransactionId): void {
    this.open.delete(id);
    this.unsettled.delete(id);
  }

  /** The batch is settled: what stood in it, or in none that we know of, is the host's too. */
  settle(batch: string): void {
    const isSettled = (of: string): boolean => batch === "" || of === "" || of === batch;
    for (const [id, entry] of this.unsettled) if (isSettled(entry.batch)) this.unsettled.delete(id);
    for (const [id, { measure, batch: of }] of this.open) {
      if (measure === "notUploaded" && isSettled(of)) this.open.delete(id);
    }
    for (const [key, { measure, batch: of }] of this.#folded) {
      if ((measure === "unsettled" || measure === "notUploaded") && isSettled(of)) this.#folded.delete(key);
    }
  }

  /** Folds the oldest of what exceeds `kept` in each map. */
  trim(kept: number): void {
    for (const entries of [this.open, this.unsettled]) {
      for (const [id, entry] of entries) {
        if (entries.size <= kept) break;
        entries.delete(id);
        if (entry.voidedBy === undefined) this.#fold(entry.measure, entry.batch, sumOf(entry, entry.since));
      }
    }
    for (const [name, batch] of this.batches) {
      if (this.batches.size <= BATCHES_KEPT) break;
      this.batches.delete(name);
      const { currency, debit, credit, since } = batch;
      this.#fold("unbalanced", name, { currency, count: 1, debit, credit, hold: 0, since });
    }
  }

  /**
   * There is news of a transaction that is not kept: takes it out of what was folded, if it can be there.
   *
   * @param requestedAt  Whatever was requested later than the newest that was folded has left its measure another way.
   */
  unfold(batch: string, money: Money, requestedAt: Instant): void {
    for (const measure of FOLDED_FIRST) {
      const key = foldedKey(measure, batch, money.currency);
      const folded = this.#folded.get(key);
      if (folded === undefined || requestedAt > folded.newestAt) continue;
      const rest = less(folded, money);
      if (rest === undefined) this.#folded.delete(key);
      else this.#folded.set(key, { ...folded, ...rest });
      return;
    }
  }

  toJSON(): ShelfSnapshot {
    const { terminal, claim } = this;
    return {
      terminal,
      open: [...this.open],
      unsettled: [...this.unsettled],
      batches: [...this.batches],
      folded: [...this.#folded.values()],
      ...(claim === undefined ? {} : { claim }),
    };
  }

  /** The inverse of `toJSON`. */
  static from(snapshot: ShelfSnapshot): Shelf {
    const shelf = new Shelf(snapshot.terminal);
    for (const [id, entry] of snapshot.open) shelf.open.set(id, entry);
    for (const [id, entry] of snapshot.unsettled) shelf.unsettled.set(id, entry);
    for (const [name, batch] of snapshot.batches) shelf.batches.set(name, batch);
    for (const folded of snapshot.folded) {
      shelf.#folded.set(foldedKey(folded.measure, folded.batch, folded.currency), folded);
    }
    shelf.claim = snapshot.claim;
    return shelf;
  }

  /** Of batches that do not balance only how many there are is kept: they have no end of their own any more. */
  #fold(measure: Measure, batch: string, sum: Sum): void {
    const of = measure === "unbalanced" ? "" : batch;
    const key = foldedKey(measure, of, sum.currency);
    const before = this.#folded.get(key);
    const all = before === undefined ? sum : together(before, sum);
    this.#folded.set(key, { ...all, measure, batch: of, newestAt: sum.since.at });
  }
}

function foldedKey(measure: Measure, batch: string, currency: string): string {
  return `${measure} ${batch} ${currency}`;
}
