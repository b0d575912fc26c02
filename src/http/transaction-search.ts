import { type Seq, seq } from "../domain/record.ts";
import type { Transaction } from "../domain/transaction.ts";
import { fits, type TransactionFilter } from "../domain/transaction-history.ts";
import type { LedgerPages } from "./sources.ts";
import { NewestRecords, type Told, tellings } from "./transactions.ts";

/** Records a page. Small, because parsing one is time that the main thread does not give to a sale. */
const PAGE = 250;
/** How far the ledger may have grown since the last search before it is cheaper to begin anew at its head. */
const MAX_CATCH_UP = 5_000;
/** ms. A record written this long before the times asked for, by a clock that was right, ends the search. */
const SLACK_MS = 3_600_000;

export interface SearchBounds {
  /** Records that one search reads at most before it hands back a cursor. */
  readonly maxRead: number;
  /** Transactions that are remembered between searches, which bounds how far back a search can go. */
  readonly maxKnown: number;
}

export interface SearchQuery {
  readonly filter: TransactionFilter;
  /** Found as well, whatever the filter says. */
  readonly also?: (transaction: Transaction) => boolean;
  readonly limit: number;
  /** Only records below this seq. */
  readonly before?: Seq;
}

export interface SearchPage {
  readonly found: readonly Told[];
  /** Where to go on; absent at the end of the ledger. */
  readonly next?: Seq;
}

/**
 * Finds transactions by going back through the ledger from its head, newest record first.
 * An index would cost every sale half as many bytes on disk again; this costs only who asks.
 */
export class TransactionSearch {
  readonly #ledger: LedgerPages;
  readonly #bounds: SearchBounds;
  readonly #timeOf: (told: Told) => string;
  #newest = new NewestRecords(1);

  /** @param timeOf  When a transaction was requested, as far as that is known now: RFC 3339. */
  constructor(
    ledger: LedgerPages,
    bounds: SearchBounds,
    timeOf: (told: Told) => string = ({ transaction }) => transaction.requestedAt,
  ) {
    this.#timeOf = timeOf;
    this.#ledger = ledger;
    this.#bounds = bounds;
  }

  /** @returns `tooFarBack` when `before` lies deeper than what may be remembered. */
  async find(
    { filter, also = () => false, limit, before }: SearchQuery,
    signal: AbortSignal,
  ): Promise<SearchPage | "tooFarBack"> {
    const newest = await this.#caughtUp((await this.#ledger.head()) + 1, signal);
    const start = Math.min(before ?? newest.end, newest.end);
    const oldest = this.#ledger.first();
    const stopAt = filter.from === undefined ? "" : new Date(Date.parse(filter.from) - SLACK_MS).toISOString();
    const found: Told[] = [];

    // Begins above `start` when the stretch between is not known yet, as after a restart.
    let position = Math.max(start, newest.low);
    for (let read = 0; position > oldest;) {
      signal.throwIfAborted();
      const from = Math.max(oldest, position - PAGE);
      if (from < newest.low && newest.size >= this.#bounds.maxKnown) {
        return position >= start ? "tooFarBack" : { found, next: seq(position) };
      }
      const told = await this.#tellings(from, position);
      newest.cover(from, position, told);
      read += position - from;

      for (const one of told.toReversed()) {
        if (one.seq >= start || !newest.isNewest(one)) continue;
        if (one.synced && one.at < stopAt) return { found };
        if (fits(one.transaction, filter, this.#timeOf(one)) || also(one.transaction)) found.push(one);
        if (found.length >= limit) return one.seq > oldest ? { found, next: one.seq } : { found };
      }
      position = from;
      if (read >= this.#bounds.maxRead && position > oldest) return { found, next: seq(Math.min(position, start)) };
    }
    return { found };
  }

  /** What is known, extended up to the head. */
  async #caughtUp(end: number, signal: AbortSignal): Promise<NewestRecords> {
    const isFull = this.#newest.size >= this.#bounds.maxKnown;
    const grown = end - this.#newest.end;
    if (grown > MAX_CATCH_UP || (isFull && grown > 0)) this.#newest = new NewestRecords(end);

    const newest = this.#newest;
    while (newest.end < end) {
      signal.throwIfAborted();
      const from = newest.end;
      const to = Math.min(from + PAGE, end);
      newest.cover(from, to, await this.#tellings(from, to));
    }
    return newest;
  }

  /** What the records from `from` up to and without `to` tell. A page of large records may end early. */
  async #tellings(from: number, to: number): Promise<readonly Told[]> {
    const told: Told[] = [];
    for (let next = from; next < to;) {
      const page = await this.#ledger.page(seq(next), to - next);
      const last = page.at(-1);
      if (last === undefined) break;
      told.push(...tellings(page));
      next = last.seq + 1;
    }
    return told;
  }
}
