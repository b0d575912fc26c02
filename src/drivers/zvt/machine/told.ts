import type { PaymentProgress } from "../../../domain/payment.ts";
import type { Receipt } from "../../../domain/receipt.ts";
import { hexCode } from "../codec/hex-code.ts";
import { intermediateMeaning, WAITING_FOR_HOST } from "../codec/intermediate-status.ts";
import type { Message } from "../codec/messages.ts";
import type { StatusInformation } from "../codec/status-information.ts";
import { Receipts } from "./receipts.ts";

/** What a terminal told while one command ran. */
export class Told {
  /** The newest status information. */
  status: StatusInformation | undefined;
  /** One of them said that it was approved. */
  approved = false;
  /** From "waiting for host" to the next other message. ms. */
  hostMs: number | undefined;
  readonly #receipts: Receipts;
  #hostAskedAt: number | undefined;

  /** @param unnamed  What a slip is that does not say what it is. */
  constructor(unnamed: Receipt["type"]) {
    this.#receipts = new Receipts(unnamed);
  }

  /**
   * @param nowMs  Monotonic, when it came.
   * @returns what the till's screen should show now, if that is new.
   */
  take(message: Message, nowMs: number): PaymentProgress | undefined {
    this.#timeHost(message, nowMs);
    switch (message.type) {
      case "status":
        this.status = message.status;
        if (message.status.result === 0) this.approved = true;
        return undefined;
      case "intermediate": {
        const { step } = intermediateMeaning(message.code);
        return { step, code: hexCode(message.code), ...(message.text === undefined ? {} : { text: message.text }) };
      }
      case "printLine":
      case "printBlock":
        this.#receipts.take(message);
        return { step: "printing" };
      default:
        return undefined;
    }
  }

  /** The command has ended. */
  end(nowMs: number): void {
    if (this.#hostAskedAt !== undefined) this.hostMs = Math.round(nowMs - this.#hostAskedAt);
    this.#hostAskedAt = undefined;
  }

  get receipts(): readonly Receipt[] | undefined {
    return this.#receipts.all();
  }

  #timeHost(message: Message, nowMs: number): void {
    if (message.type === "intermediate" && message.code === WAITING_FOR_HOST) this.#hostAskedAt ??= nowMs;
    else this.end(nowMs);
  }
}
