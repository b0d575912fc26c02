import type { AlternativeRecord } from "../../domain/alternative.ts";
import type {
  AlternativeRequest,
  AlternativeStart,
  Application,
  PaymentRefusal,
} from "../../domain/payment-request.ts";
import { mayActFor } from "../../domain/role.ts";
import { recordKeysOf, requestKey } from "../../domain/record-keys.ts";
import { findRecord } from "./order-history.ts";
import type { DeskDeps } from "./ports.ts";
import { keyHashOf, requestHashOf } from "./request.ts";
import { RequestsInFlight } from "./requests-in-flight.ts";

/** Takes what tills hand in that was paid another way, each once for its key. No terminal hears of it. */
export class AlternativeDesk {
  readonly #deps: Pick<DeskDeps, "ledger" | "log" | "newId">;
  readonly #requests: RequestsInFlight<AlternativeStart>;

  constructor(deps: Pick<DeskDeps, "ledger" | "log" | "newId" | "keysInUse">) {
    this.#deps = deps;
    this.#requests = new RequestsInFlight(deps.keysInUse);
  }

  /** Resolves when it is on disk, or it is known why not. Never rejects. */
  async handIn(application: Application<AlternativeRequest>): Promise<AlternativeStart> {
    const { asker, till, idempotencyKey, request } = application;
    if (!mayActFor(asker, till)) return refuse({ refused: "notPermitted", field: "till" });
    const keyHash = keyHashOf(idempotencyKey);
    const requestHash = requestHashOf("alternative", request);
    const shared = this.#requests.share(
      requestKey(till, keyHash),
      requestHash,
      async () => this.#once(till, { keyHash, requestHash }, request),
      () => undefined,
    );
    return shared === "keyReused" ? refuse({ refused: "keyReused", field: "Idempotency-Key" }) : shared;
  }

  async #once(
    till: string,
    { keyHash, requestHash }: { readonly keyHash: string; readonly requestHash: string },
    { orderId, cashier, ...paid }: AlternativeRequest,
  ): Promise<AlternativeStart> {
    const { ledger, log, newId } = this.#deps;
    const known = await findRecord(ledger, requestKey(till, keyHash)).catch((error: unknown) => {
      log.error("alternative.ledgerNotRead", { till, error });
      return "notRead" as const;
    });
    if (known === "notRead") return refuse({ refused: "notRecorded" });
    if (known === "freed") return refuse({ refused: "keySpent", field: "Idempotency-Key" });
    if (known !== undefined) {
      return known.type === "alternative" && known.alternative.payment.requestHash === requestHash
        ? { type: "known", record: known.alternative }
        : refuse({ refused: "keyReused", field: "Idempotency-Key" });
    }
    const payment = { till, orderId, keyHash, requestHash, ...(cashier === undefined ? {} : { cashier }) };
    const body: AlternativeRecord = { event: "paid", id: newId(), ...paid, payment };
    const draft = { kind: "alternative", body } as const;
    try {
      await ledger.append({ ...draft, keys: recordKeysOf(draft) });
      return { type: "recorded", record: body };
    } catch (error) {
      log.error("alternative.notRecorded", { till, error });
      return refuse({ refused: "notRecorded" });
    }
  }
}

function refuse(refusal: PaymentRefusal): AlternativeStart {
  return { type: "refused", refusal };
}
