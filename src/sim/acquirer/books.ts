import type { TransactionKind } from "../../domain/transaction.ts";
import type { BookCard, HostRequest, RequestKind } from "./request.ts";

/** One transaction as the host holds it. */
export interface BookEntry {
  readonly de41: string;
  readonly de42: string;
  readonly batch: string;
  readonly stan: string;
  readonly mti: string;
  readonly kind: TransactionKind;
  /** Requested, smallest unit of the currency. */
  readonly amount: number;
  /** With code 10: what was approved of it. */
  readonly approvedAmount?: number;
  state: "approved" | "declined" | "reversed";
  /** DE39. */
  readonly code: string;
  readonly rrn: string;
  readonly authCode?: string;
  readonly card?: BookCard;
  /** MMDD in the host's zone. */
  readonly day: string;
  /** Milliseconds since 1970. */
  readonly bookedAt: number;
  /** When an answer was handed to an open connection; absent when none ever was. */
  answeredAt?: number;
  reversedAt?: number;
  /** A reversal for it had come, and had been answered with 00, before the request itself: money in danger. */
  readonly afterItsReversal?: true;
  /** Key of the transaction that it voids, completes or refunds. */
  readonly original?: string;
  /** Key of the void or completion that used it up. */
  usedUpBy?: string;
  /** Sum of refunds against it. */
  refunded?: number;
  /** Which connection and listening port the request came on. */
  readonly connection: number;
  readonly endpoint: number;
}

/** One request as it arrived, whether or not it was booked or answered. */
export interface Arrival {
  readonly kind: RequestKind;
  readonly mti: string;
  readonly de41: string;
  readonly stan: string;
  readonly batch: string;
  readonly at: number;
  /** Counted from 1 since start. */
  readonly connection: number;
  /** Listening port. */
  readonly endpoint: number;
  /** The same MTI, DE41, DE11 and batch had come before. Right for 0220, 0320 and 0400 only. */
  readonly repeated: boolean;
}

export interface BookTotals {
  /** Requests of every kind. */
  readonly requests: number;
  /** Transactions in the books. */
  readonly transactions: number;
  readonly approved: number;
  readonly approvedAmount: number;
  readonly declined: number;
  readonly reversed: number;
  /** Arrivals of an 0100 or 0200 that had come before: a gateway that resends. */
  readonly repeatedRequests: number;
  /** Requests that came after a reversal for them had been answered. */
  readonly afterTheirReversal: number;
}

/** Transactions and arrivals that the books hold; beyond it the host declines with 96 instead of forgetting one. */
const MOST_ENTRIES = 1_000_000;

export class BooksFull extends Error {
  override readonly name = "BooksFull";
}

/** Told of an entry whenever it is new or has changed. */
type BookListener = (entry: BookEntry) => void;

export function bookKey(de41: string, batch: string, stan: string): string {
  return `${de41}|${batch}|${stan}`;
}

function keyOf(entry: BookEntry): string {
  return bookKey(entry.de41, entry.batch, entry.stan);
}

/** What the host holds. Only the rules decide what goes in; this keeps it findable and consistent. */
export class Books {
  readonly #entries = new Map<string, BookEntry>();
  readonly #holds = new Map<string, BookEntry>();
  readonly #byRrn = new Map<string, BookEntry>();
  readonly #arrivals: Arrival[] = [];
  readonly #seen = new Set<string>();
  readonly #reversedUnknown = new Set<string>();
  readonly #onChange: BookListener;
  readonly #keeps: boolean;
  readonly #totals = {
    requests: 0,
    transactions: 0,
    approved: 0,
    approvedAmount: 0,
    declined: 0,
    reversed: 0,
    repeatedRequests: 0,
    afterTheirReversal: 0,
  };

  /** @param keeps  False: totals only, for a load of millions. Nothing can then be found, repeated or reversed. */
  constructor(keeps: boolean, onChange: BookListener = () => undefined) {
    this.#keeps = keeps;
    this.#onChange = onChange;
  }

  /** Notes that a request came. @returns the arrival, which says whether it had come before. */
  arrived(request: HostRequest, at: number, connection: number, endpoint: number): Arrival {
    const { kind, mti, de41, stan, batch } = request;
    this.#totals.requests += 1;
    if (!this.#keeps) return { kind, mti, de41, stan, batch, at, connection, endpoint, repeated: false };
    const key = `${mti}|${bookKey(de41, batch, stan)}`;
    const repeated = this.#seen.has(key);
    if (repeated && (mti === "0100" || mti === "0200")) this.#totals.repeatedRequests += 1;
    const arrival = { kind, mti, de41, stan, batch, at, connection, endpoint, repeated };
    if (this.#arrivals.length < MOST_ENTRIES) {
      this.#seen.add(key);
      this.#arrivals.push(arrival);
    }
    return arrival;
  }

  find(de41: string, batch: string, stan: string): BookEntry | undefined {
    return this.#entries.get(bookKey(de41, batch, stan));
  }

  /** A pre-authorisation by its authorisation code, at any terminal of the merchant. */
  findHold(de42: string, authCode: string): BookEntry | undefined {
    return this.#holds.get(`${de42}|${authCode}`);
  }

  findByRrn(rrn: string): BookEntry | undefined {
    return this.#byRrn.get(rrn);
  }

  wasReversedBefore(request: HostRequest): boolean {
    return this.#reversedUnknown.has(bookKey(request.de41, request.batch, request.stan));
  }

  /** @throws BooksFull beyond 1,000,000 entries. */
  book(entry: BookEntry): void {
    if (this.#entries.size >= MOST_ENTRIES) throw new BooksFull("the books are full: restart the host");
    this.#count(entry);
    if (!this.#keeps) return;
    this.#keep(entry);
    this.#useUpOriginal(entry);
    this.#onChange(entry);
  }

  /** Takes back what an earlier life of this host had booked. */
  restore(entries: readonly BookEntry[]): void {
    for (const entry of entries) {
      this.#count(entry);
      this.#keep(entry);
    }
    for (const entry of entries) this.#useUpOriginal(entry);
  }

  answered(entry: BookEntry, at: number): void {
    entry.answeredAt ??= at;
    this.#onChange(entry);
  }

  reverse(entry: BookEntry, at: number): void {
    if (entry.state !== "approved") return;
    entry.state = "reversed";
    entry.reversedAt = at;
    this.#totals.approved -= 1;
    this.#totals.approvedAmount -= entry.approvedAmount ?? entry.amount;
    this.#totals.reversed += 1;
    const original = entry.original === undefined ? undefined : this.#entries.get(entry.original);
    if (original !== undefined) giveBack(original, entry);
    this.#onChange(entry);
  }

  reversedUnknown(request: HostRequest): void {
    if (this.#reversedUnknown.size < MOST_ENTRIES) {
      this.#reversedUnknown.add(bookKey(request.de41, request.batch, request.stan));
    }
  }

  entries(): readonly BookEntry[] {
    return [...this.#entries.values()];
  }

  ofBatch(de41: string, batch: string): readonly BookEntry[] {
    return this.entries().filter((entry) => entry.de41 === de41 && entry.batch === batch);
  }

  arrivals(): readonly Arrival[] {
    return [...this.#arrivals];
  }

  totals(): BookTotals {
    return { ...this.#totals };
  }

  #count(entry: BookEntry): void {
    this.#totals.transactions += 1;
    this.#totals[entry.state] += 1;
    if (entry.state === "approved") this.#totals.approvedAmount += entry.approvedAmount ?? entry.amount;
    if (entry.afterItsReversal === true) this.#totals.afterTheirReversal += 1;
  }

  #useUpOriginal(entry: BookEntry): void {
    if (entry.original === undefined || entry.state !== "approved") return;
    const original = this.#entries.get(entry.original);
    if (original !== undefined) useUp(original, entry);
  }

  #keep(entry: BookEntry): void {
    this.#entries.set(keyOf(entry), entry);
    this.#byRrn.set(entry.rrn, entry);
    if ((entry.kind === "preAuth" || entry.kind === "preAuthAddOn") && entry.authCode !== undefined) {
      this.#holds.set(`${entry.de42}|${entry.authCode}`, entry);
    }
  }
}

function useUp(original: BookEntry, by: BookEntry): void {
  if (by.kind === "refund") original.refunded = (original.refunded ?? 0) + by.amount;
  else original.usedUpBy = keyOf(by);
}

/** The reversal of a void or completion makes the original good again. */
function giveBack(original: BookEntry, by: BookEntry): void {
  if (original.usedUpBy === keyOf(by)) delete original.usedUpBy;
}
