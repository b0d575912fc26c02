import {
  isUnresolved,
  type Transaction,
  type TransactionId,
  type TransactionKind,
} from "../../../domain/transaction.ts";
import type { TerminalId } from "../../../domain/terminal.ts";

/**
 * Transactions of one terminal that stay in memory whole, so that a reversal, a void or a batch detail finds its original.
 * A terminal reverses only its last transaction and voids within one batch; older ones are in the ledger.
 */
const KEPT_PER_TERMINAL = 500;

/**
 * Shared by all terminals, about: 4 MB in a snapshot, 10 MB in memory. 64 terminals with 500 each would make a snapshot of
 * 20 MB, which the ledger refuses and whose writing would hold up every sale for 130 ms.
 */
const KEPT_IN_ALL = 6_000;

/** Batches of one terminal whose sums are kept: the open one, the one being settled, and one for a late reversal. */
const BATCHES_KEPT = 3;

export interface KindSum {
  readonly count: number;
  readonly amount: number;
}

/** Sums of one batch by kind of transaction, over what was approved in it and not reversed. */
export type BatchSums = ReadonlyMap<TransactionKind, KindSum>;

/** Raised when older snapshots can no longer be read; the ledger is then replayed from its beginning. */
export const SNAPSHOT_VERSION = 1;

export interface BookSnapshot {
  readonly version: typeof SNAPSHOT_VERSION;
  readonly terminals: readonly {
    readonly terminal: TerminalId;
    readonly transactions: readonly Transaction[];
    readonly batches: readonly {
      readonly batch: string;
      readonly sums: readonly (readonly [TransactionKind, KindSum])[];
    }[];
  }[];
}

interface Shelf {
  /** By transaction id, oldest first. */
  readonly recent: Map<string, Transaction>;
  /** STAN → id of the newest transaction that carried it. */
  readonly byStan: Map<string, string>;
  readonly unresolved: Map<string, Transaction>;
  readonly batches: Map<string, Map<TransactionKind, KindSum>>;
  newest: Transaction | undefined;
}

export interface OriginalSought {
  readonly stan: string;
  readonly batch?: string | undefined;
  readonly amount?: number | undefined;
}

/**
 * What the ledger says about each terminal's transactions, folded record by record: the relay's memory, and after a restart
 * the same memory again. Holds no clock and no socket; `put` is its only way to change.
 */
export class TransactionBook {
  readonly #shelves = new Map<TerminalId, Shelf>();

  /** Takes the newest snapshot of a transaction. */
  put(transaction: Transaction): void {
    const shelf = this.#shelf(transaction.terminal);
    const before = shelf.recent.get(transaction.id) ?? shelf.unresolved.get(transaction.id);
    addToBatch(shelf, before, -1);
    addToBatch(shelf, transaction, 1);
    if (isUnresolved(transaction.outcome)) shelf.unresolved.set(transaction.id, transaction);
    else shelf.unresolved.delete(transaction.id);
    shelf.recent.set(transaction.id, transaction);
    shelf.byStan.set(transaction.stan, transaction.id);
    shelf.newest = transaction;
    const share = Math.min(KEPT_PER_TERMINAL, Math.ceil(KEPT_IN_ALL / this.#shelves.size));
    while (shelf.recent.size > share) dropOldest(shelf);
  }

  /**
   * The transaction that a reversal or a batch detail means. The trace number wraps at 999999, so batch and amount must
   * agree too where both sides name them (reference iso8583.md, notes).
   */
  original(terminal: TerminalId, sought: OriginalSought): Transaction | undefined {
    const shelf = this.#shelves.get(terminal);
    const id = shelf?.byStan.get(sought.stan);
    if (shelf === undefined || id === undefined) return undefined;
    const found = shelf.recent.get(id) ?? shelf.unresolved.get(id);
    if (found === undefined || !agrees(found.batch, sought.batch) || !agrees(found.amount, sought.amount))
      return undefined;
    return found;
  }

  byId(terminal: TerminalId, id: TransactionId): Transaction | undefined {
    const shelf = this.#shelves.get(terminal);
    return shelf?.recent.get(id) ?? shelf?.unresolved.get(id);
  }

  /** Everything of this terminal whose end is not known, oldest first. */
  unresolved(terminal: TerminalId): readonly Transaction[] {
    return [...(this.#shelves.get(terminal)?.unresolved.values() ?? [])];
  }

  unresolvedCount(terminal: TerminalId): number {
    return this.#shelves.get(terminal)?.unresolved.size ?? 0;
  }

  allUnresolved(): readonly Transaction[] {
    return [...this.#shelves.values()].flatMap((shelf) => [...shelf.unresolved.values()]);
  }

  /** The transaction that changed last. */
  newest(terminal: TerminalId): Transaction | undefined {
    return this.#shelves.get(terminal)?.newest;
  }

  batchSums(terminal: TerminalId, batch: string): BatchSums {
    return this.#shelves.get(terminal)?.batches.get(batch) ?? new Map<TransactionKind, KindSum>();
  }

  /** Plain data for a snapshot: the transactions in the order in which they are kept, and the sums of whole batches. */
  toJSON(): BookSnapshot {
    return {
      version: SNAPSHOT_VERSION,
      terminals: [...this.#shelves].map(([terminal, shelf]) => ({
        terminal,
        transactions: [...new Map([...shelf.unresolved, ...shelf.recent]).values()],
        batches: [...shelf.batches].map(([batch, sums]) => ({ batch, sums: [...sums] })),
      })),
    };
  }

  /** The inverse of `toJSON`. */
  static from(snapshot: BookSnapshot): TransactionBook {
    const book = new TransactionBook();
    for (const { terminal, transactions, batches } of snapshot.terminals) {
      for (const transaction of transactions) book.put(transaction);
      const shelf = book.#shelf(terminal);
      shelf.batches.clear();
      for (const { batch, sums } of batches) shelf.batches.set(batch, new Map(sums));
    }
    return book;
  }

  #shelf(terminal: TerminalId): Shelf {
    const known = this.#shelves.get(terminal);
    if (known !== undefined) return known;
    const shelf: Shelf = {
      recent: new Map(),
      byStan: new Map(),
      unresolved: new Map(),
      batches: new Map(),
      newest: undefined,
    };
    this.#shelves.set(terminal, shelf);
    return shelf;
  }
}

function agrees<T>(ours: T | undefined, theirs: T | undefined): boolean {
  return ours === undefined || theirs === undefined || ours === theirs;
}

/** What one transaction adds to its batch: nothing unless the host and the terminal both hold it as done. */
function contribution(transaction: Transaction): number | undefined {
  if (transaction.outcome === "approved") return transaction.amount ?? 0;
  if (transaction.outcome === "approvedPartly") return transaction.approvedAmount ?? 0;
  return undefined;
}

function addToBatch(shelf: Shelf, transaction: Transaction | undefined, sign: 1 | -1): void {
  if (transaction?.batch === undefined) return;
  const amount = contribution(transaction);
  if (amount === undefined) return;
  let sums = shelf.batches.get(transaction.batch);
  if (sums === undefined) {
    sums = new Map();
    shelf.batches.set(transaction.batch, sums);
    if (shelf.batches.size > BATCHES_KEPT) shelf.batches.delete([...shelf.batches.keys()][0] ?? "");
  }
  const sum = sums.get(transaction.kind) ?? { count: 0, amount: 0 };
  sums.set(transaction.kind, { count: sum.count + sign, amount: sum.amount + sign * amount });
}

function dropOldest(shelf: Shelf): void {
  const oldest = shelf.recent.entries().next().value;
  if (oldest === undefined) return;
  const [id, transaction] = oldest;
  shelf.recent.delete(id);
  if (shelf.byStan.get(transaction.stan) === id && !shelf.unresolved.has(id)) shelf.byStan.delete(transaction.stan);
}
