import type { Moment } from "../domain/clock.ts";
import type { Seq } from "../domain/record.ts";
import type { Transaction, TransactionId } from "../domain/transaction.ts";
import { type Money, movedMoneyOf } from "./standing.ts";
import { type MeasureSums, type Sum, sumOf, together } from "./sums.ts";

/** Transactions that are kept one by one: an offline day of a busy shop. */
const KEPT = 5_000;
/** How many of the oldest are folded at a time, into one span. */
const FOLDED_AT_ONCE = 500;
/** Spans; when there are more, each two neighbours become one. */
const SPANS = 64;

/** A transaction of which headquarters has not confirmed everything. */
interface Unconfirmed extends Money {
  readonly terminal: string;
  /** Place and time of its newest record. */
  readonly seq: Seq;
  readonly since: Moment;
}

/** Transactions whose newest records lie next to each other: all of them count until the last is confirmed. */
interface Span {
  readonly upTo: Seq;
  readonly sums: readonly (readonly [terminal: string, sum: Sum])[];
}

/** Plain data, for a snapshot. */
export interface UnreportedSnapshot {
  readonly transactions: readonly (readonly [TransactionId, Unconfirmed])[];
  readonly spans: readonly Span[];
}

/**
 * Which transactions headquarters does not know in full: those with a record above its mark. The newest 5,000 exactly;
 * what is older in spans, so that of a very long outage's money at most one span is still counted that was confirmed.
 */
export class Unreported {
  /** In the order of their newest records. */
  readonly #transactions = new Map<TransactionId, Unconfirmed>();
  #spans: Span[] = [];

  take(transaction: Transaction, seq: Seq, moment: Moment): void {
    const { id, terminal } = transaction;
    this.#transactions.delete(id);
    this.#transactions.set(id, { ...movedMoneyOf(transaction), terminal, seq, since: moment });
    if (this.#transactions.size > KEPT) this.#fold();
  }

  /** Headquarters has confirmed everything up to here. */
  confirmed(mark: Seq): void {
    for (const [id, { seq }] of this.#transactions) {
      if (seq > mark) break;
      this.#transactions.delete(id);
    }
    if (this.#spans.some(({ upTo }) => upTo <= mark)) this.#spans = this.#spans.filter(({ upTo }) => upTo > mark);
  }

  addTo(sums: MeasureSums): void {
    for (const { sums: rows } of this.#spans) for (const [terminal, sum] of rows) sums.addSum(terminal, sum);
    for (const { terminal, since, ...money } of this.#transactions.values()) sums.add(terminal, money, since);
  }

  toJSON(): UnreportedSnapshot {
    return { transactions: [...this.#transactions], spans: this.#spans };
  }

  /** The inverse of `toJSON`. */
  static from({ transactions, spans }: UnreportedSnapshot): Unreported {
    const unreported = new Unreported();
    for (const [id, transaction] of transactions) unreported.#transactions.set(id, transaction);
    unreported.#spans = [...spans];
    return unreported;
  }

  #fold(): void {
    const rows = new Rows();
    let upTo: Seq | undefined;
    let folded = 0;
    for (const [id, transaction] of this.#transactions) {
      if (folded >= FOLDED_AT_ONCE) break;
      rows.add(transaction.terminal, sumOf(transaction, transaction.since));
      upTo = transaction.seq;
      folded += 1;
      this.#transactions.delete(id);
    }
    if (upTo !== undefined) this.#spans.push({ upTo, sums: rows.result() });
    if (this.#spans.length > SPANS) this.#spans = joined(this.#spans);
  }
}

function joined(spans: readonly Span[]): Span[] {
  const halved: Span[] = [];
  for (let index = 0; index < spans.length; index += 2) {
    const pair = spans.slice(index, index + 2);
    const rows = new Rows();
    for (const { sums } of pair) for (const [terminal, sum] of sums) rows.add(terminal, sum);
    const last = pair.at(-1);
    if (last !== undefined) halved.push({ upTo: last.upTo, sums: rows.result() });
  }
  return halved;
}

/** Sums by terminal and currency, oldest first. */
class Rows {
  readonly #rows = new Map<string, readonly [string, Sum]>();

  add(terminal: string, sum: Sum): void {
    const key = `${terminal} ${sum.currency}`;
    const before = this.#rows.get(key);
    this.#rows.set(key, [terminal, before === undefined ? sum : together(before[1], sum)]);
  }

  result(): readonly (readonly [string, Sum])[] {
    return [...this.#rows.values()];
  }
}
