import type { PaymentProgress } from "../../domain/payment.ts";
import type { RunningPayment } from "../../domain/payment-request.ts";
import type { Transaction } from "../../domain/transaction.ts";

/** Ears for one payment's progress: two screens and a few that come again. */
const MAX_LISTENERS = 8;

/** One payment while a terminal carries it out. */
export class PaymentRun implements RunningPayment {
  readonly begun: Transaction;
  readonly done: Promise<Transaction>;
  readonly canCancel: boolean;
  readonly #finish: (transaction: Transaction) => void;
  readonly #cancel = new AbortController();
  readonly #listeners = new Set<(progress: PaymentProgress) => void>();
  #progress: PaymentProgress | undefined;
  #result: Transaction | undefined;

  constructor(begun: Transaction, canCancel: boolean) {
    this.begun = begun;
    this.canCancel = canCancel;
    const { promise, resolve } = Promise.withResolvers<Transaction>();
    this.done = promise;
    this.#finish = resolve;
  }

  get progress(): PaymentProgress | undefined {
    return this.#progress;
  }

  get result(): Transaction | undefined {
    return this.#result;
  }

  get cancelled(): AbortSignal {
    return this.#cancel.signal;
  }

  cancel(): void {
    this.#cancel.abort(new Error("cancelled"));
  }

  listen(listener: (progress: PaymentProgress) => void): Disposable | undefined {
    if (this.#listeners.size >= MAX_LISTENERS) return undefined;
    // Its own function, so that one listener may listen twice.
    const ear = (progress: PaymentProgress): void => listener(progress);
    this.#listeners.add(ear);
    return { [Symbol.dispose]: () => void this.#listeners.delete(ear) };
  }

  tell(progress: PaymentProgress): void {
    if (this.#result !== undefined) return;
    this.#progress = progress;
    for (const listener of this.#listeners) listener(progress);
  }

  finish(transaction: Transaction): void {
    this.#result = transaction;
    this.#finish(transaction);
  }
}
