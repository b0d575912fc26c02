import { paymentId } from "../../domain/payment.ts";
import type { TerminalId } from "../../domain/terminal.ts";
import { isUnresolved, type Transaction, type TransactionId } from "../../domain/transaction.ts";
import { type Doubts, newlyTold, numbersOf } from "./doubts.ts";
import type { Numbers } from "./numbering.ts";

/**
 * What the desk goes by, right now: it writes the records of payments itself, so it need not wait until the ledger's readers
 * have come to them. Payments that a terminal is just carrying out are not here.
 */
export class Standing {
  readonly #doubts = new Map<TransactionId, Transaction>();
  readonly #newest: Map<TerminalId, Numbers>;
  /** Doubts of which the terminal told all that it can. */
  readonly #asked = new Set<TransactionId>();

  constructor(doubts: Doubts) {
    this.#newest = new Map(doubts.newest);
    for (const { transaction } of doubts.open) {
      if (transaction.payment !== undefined) this.#doubts.set(transaction.id, transaction);
    }
  }

  get all(): Iterable<Transaction> {
    return this.#doubts.values();
  }

  get(id: TransactionId): Transaction | undefined {
    return this.#doubts.get(id);
  }

  /** Of a till, the oldest first. */
  ofTill(till: string): readonly Transaction[] {
    return [...this.#doubts.values()].filter(({ payment }) => payment?.till === till);
  }

  at(terminal: TerminalId): readonly Transaction[] {
    return [...this.#doubts.values()].filter((one) => one.terminal === terminal);
  }

  terminals(): ReadonlySet<TerminalId> {
    return new Set([...this.#doubts.values()].map(({ terminal }) => terminal));
  }

  /** Payments of which the terminal must be asked before it gets another order. */
  notAskedAt(terminal: TerminalId): readonly ReturnType<typeof paymentId>[] {
    return this.at(terminal)
      .filter(({ id }) => !this.#asked.has(id))
      .map(({ id }) => paymentId(id));
  }

  newest(terminal: TerminalId): Numbers | undefined {
    return this.#newest.get(terminal);
  }

  /** A payment's newest state. */
  take(transaction: Transaction): void {
    const told = newlyTold(transaction);
    if (told !== undefined) this.tell(transaction.terminal, told);
    if (isUnresolved(transaction.outcome)) {
      this.#doubts.set(transaction.id, transaction);
      return;
    }
    this.#doubts.delete(transaction.id);
    this.#asked.delete(transaction.id);
  }

  /** What a terminal counts by. */
  tell(terminal: TerminalId, told: Numbers): void {
    const numbers = numbersOf(told, this.#newest.get(terminal));
    if (numbers !== undefined) this.#newest.set(terminal, numbers);
  }

  /** The terminal was asked about all of these. */
  asked(transactions: readonly Transaction[]): void {
    for (const { id } of transactions) if (this.#doubts.has(id)) this.#asked.add(id);
  }
}
