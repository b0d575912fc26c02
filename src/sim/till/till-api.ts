import type { z } from "zod";
import { problemSchema } from "../../contract/http.ts";
import { paymentAnswer } from "../../contract/payments.ts";
import type { Secret } from "../../runtime/secret.ts";

export type PaymentView = z.output<typeof paymentAnswer>["payment"];

/** What a till wants paid. */
export interface TillOrder {
  readonly orderId: string;
  /** Minor units. */
  readonly amount: number;
  /** ISO 4217 letters. */
  readonly currency: string;
  /** Without it: any that is free. */
  readonly terminal?: string;
}

/**
 * `problem`: tillgate refused, for now only where it `isPassing` (5xx).
 * `noAnswer`: nothing came, or nothing that could be read; what became of the order is not known.
 */
export type TillReply =
  | { readonly type: "payment"; readonly payment: PaymentView }
  | { readonly type: "problem"; readonly kind: string; readonly isPassing: boolean }
  | { readonly type: "noAnswer" };

const PROBLEM = "urn:tillgate:problem:";

/** tillgate's payments over HTTP, as a till's program asks for them. Nothing is repeated here. */
export class TillApi {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;

  /** @param url  E.g. `http://127.0.0.1:8480`. */
  constructor(url: string, token: Secret) {
    this.#url = url;
    this.#headers = { authorization: `Bearer ${token.reveal()}` };
  }

  /** @param withinMs  The till's own patience; longer than the 25 s after which tillgate says 202 at the latest. */
  async pay(order: TillOrder, idempotencyKey: string, withinMs: number): Promise<TillReply> {
    return this.#ask("/api/v1/payments", withinMs, {
      method: "POST",
      headers: { ...this.#headers, "content-type": "application/json", "idempotency-key": idempotencyKey },
      body: JSON.stringify({ kind: "sale", ...order }),
    });
  }

  async find(payment: string, withinMs: number): Promise<TillReply> {
    return this.#ask(`/api/v1/payments/${payment}`, withinMs, { headers: this.#headers });
  }

  async cancel(payment: string, withinMs: number): Promise<TillReply> {
    return this.#ask(`/api/v1/payments/${payment}/cancel`, withinMs, { method: "POST", headers: this.#headers });
  }

  async #ask(path: string, withinMs: number, init: RequestInit): Promise<TillReply> {
    let body: unknown;
    try {
      const response = await fetch(`${this.#url}${path}`, { ...init, signal: AbortSignal.timeout(withinMs) });
      body = await response.json();
    } catch {
      return { type: "noAnswer" };
    }
    const answer = paymentAnswer.safeParse(body);
    if (answer.success) return { type: "payment", payment: answer.data.payment };
    const problem = problemSchema.safeParse(body);
    if (!problem.success) return { type: "noAnswer" };
    const { type, status } = problem.data;
    return { type: "problem", kind: type.slice(PROBLEM.length), isPassing: status >= 500 };
  }
}
