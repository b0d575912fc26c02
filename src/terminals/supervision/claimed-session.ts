import {
  type DeviceCondition,
  type DeviceDiagnosis,
  DeviceError,
  type DeviceIdentity,
  type DeviceRecovery,
  type DeviceSession,
  type DeviceSettlement,
} from "../../domain/device.ts";
import type { LastTransaction, PaymentAnswer, PaymentOrder, PaymentProgress } from "../../domain/payment.ts";

export interface ClaimTerms {
  /** Settles once nothing of ours is on the line any more; `false` when the terminal did not answer that. */
  readonly quiet: Promise<boolean>;
  /** The driver broke its word: it must not be asked again. */
  readonly broken: (error: unknown) => void;
}

/**
 * A session in the hands of whoever claimed the terminal. It lets a question that is under way come to its end first,
 * refuses everything once the claim is over, and keeps a driver's faults from looking like certainty.
 */
export class ClaimedSession implements DeviceSession {
  readonly #session: DeviceSession;
  readonly #terms: ClaimTerms;
  #isOver = false;
  #running = 0;

  constructor(session: DeviceSession, terms: ClaimTerms) {
    this.#session = session;
    this.#terms = terms;
  }

  get identity(): DeviceIdentity {
    return this.#session.identity;
  }

  get ended(): Promise<DeviceError> {
    return this.#session.ended;
  }

  async pay(
    order: PaymentOrder,
    progress: (news: PaymentProgress) => void,
    cancel: AbortSignal,
  ): Promise<PaymentAnswer> {
    const isQuiet = await this.#terms.quiet;
    if (this.#isOver || !isQuiet) {
      return { outcome: "failed", notSent: true, reason: isQuiet ? "stopped" : "noAnswer", transaction: {} };
    }
    this.#running += 1;
    try {
      return await this.#session.pay(order, progress, cancel);
    } catch (error) {
      // It promised not to: what became of the order is not known.
      this.#terms.broken(error);
      return { outcome: "inDoubt", reason: "driverFailed", transaction: {} };
    } finally {
      this.#running -= 1;
    }
  }

  async poll(signal: AbortSignal): Promise<DeviceCondition> {
    return this.#call(async (session) => session.poll(signal));
  }

  async lastTransaction(signal: AbortSignal): Promise<LastTransaction | undefined> {
    return this.#call(async (session) => session.lastTransaction(signal));
  }

  async settle(signal: AbortSignal): Promise<DeviceSettlement> {
    return this.#call(async (session) => session.settle(signal));
  }

  async diagnose(signal: AbortSignal): Promise<DeviceDiagnosis> {
    return this.#call(async (session) => session.diagnose(signal));
  }

  async recover(step: DeviceRecovery, signal: AbortSignal): Promise<void> {
    await this.#call(async (session) => session.recover(step, signal));
  }

  /** The link is the supervision's to close. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.resolve();
  }

  /** A call that still runs would be on the line together with whatever is asked next: the link is given up instead. */
  end(): void {
    this.#isOver = true;
    if (this.#running > 0) this.#terms.broken(new Error("the claim was given back while a call was running"));
  }

  async #call<T>(work: (session: DeviceSession) => Promise<T>): Promise<T> {
    const isQuiet = await this.#terms.quiet;
    if (this.#isOver) throw new DeviceError("closed", "the claim on this terminal is over");
    if (!isQuiet) throw new DeviceError("silent", "the terminal did not come back from the question before");
    this.#running += 1;
    try {
      return await work(this.#session);
    } finally {
      this.#running -= 1;
    }
  }
}
