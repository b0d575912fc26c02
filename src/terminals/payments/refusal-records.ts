import type { PaymentRefusal, PaymentRequest } from "../../domain/payment-request.ts";
import { paymentId } from "../../domain/payment.ts";
import type { PaymentReference } from "../../domain/transaction.ts";
import { rfc3339 } from "../../runtime/clock.ts";
import { type DeskDeps, draftOf } from "./ports.ts";
import { refused, requested } from "./transaction-of.ts";

/** A till that asks again and again must not fill the ledger with what did not happen. */
const MAX_A_MINUTE = 20;
const MINUTE_MS = 60_000;

/** About no terminal that is here, or about nothing that the shop did. */
const NOT_RECORDED: ReadonlySet<PaymentRefusal["refused"]> = new Set([
  "unknownTerminal",
  "keyReused",
  "keySpent",
  "notRecorded",
  "notReady",
  "wrongAmount",
]);

/** Keeps in the ledger what tillgate refused at a terminal that the till named: `refused`, before anything was sent. */
export class RefusalRecords {
  readonly #deps: DeskDeps;
  #minuteBegan = Number.NEGATIVE_INFINITY;
  #inMinute = 0;

  constructor(deps: DeskDeps) {
    this.#deps = deps;
  }

  async note(request: PaymentRequest, payment: PaymentReference, refusal: PaymentRefusal): Promise<void> {
    const { clock, log, newId, recorder } = this.#deps;
    const { terminal } = request;
    if (terminal === undefined || NOT_RECORDED.has(refusal.refused) || recorder.isHolding) return;
    if (!this.#hasRoom(clock.monotonicMs())) return;
    const order = requested(request, { id: paymentId(newId()), terminal, payment, requestedAt: rfc3339(clock.now()) });
    try {
      await recorder.record(draftOf("refused", refused(order, refusal.refused)));
    } catch (error) {
      log.warn("payment.refusalNotRecorded", { terminal, reason: refusal.refused, error });
    }
  }

  #hasRoom(now: number): boolean {
    if (now - this.#minuteBegan >= MINUTE_MS) {
      this.#minuteBegan = now;
      this.#inMinute = 0;
    }
    this.#inMinute += 1;
    return this.#inMinute <= MAX_A_MINUTE;
  }
}
