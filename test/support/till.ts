import type { z } from "zod";
import { problemSchema } from "../../src/contract/http.ts";
import { paymentAnswer } from "../../src/contract/payments.ts";

/** Somebody with a token who asks the local endpoint. */
export class Till {
  readonly #url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  async get(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { authorization: `Bearer ${this.#token}` };
    return fetch(`${this.#url}${path}`, { signal: AbortSignal.timeout(60_000), headers, ...init });
  }

  async post(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return fetch(`${this.#url}${path}`, {
      method: "POST",
      signal: AbortSignal.timeout(60_000),
      headers: { authorization: `Bearer ${this.#token}`, "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  }

  /** A sale of 12.50 EUR; say what differs. */
  async pay(key: string, differs: object = {}): Promise<Response> {
    const body = { orderId: "O-1", kind: "sale", amount: 1_250, currency: "EUR", ...differs };
    return this.post("/api/v1/payments", body, { "idempotency-key": key });
  }
}

/** Held against the contract. */
export async function paymentIn(response: Response): Promise<z.output<typeof paymentAnswer>["payment"]> {
  const answer: unknown = await response.json();
  const parsed = paymentAnswer.safeParse(answer);
  if (!parsed.success) throw new Error(`no payment: ${JSON.stringify(answer)}`);
  return parsed.data.payment;
}

/** Held against the contract. @returns the last word of its type, its status, and the rest. */
export async function problemIn(
  response: Response,
): Promise<{ readonly kind: string; readonly fields: readonly string[] } & z.output<typeof problemSchema>> {
  const problem = problemSchema.parse(await response.json());
  const kind = problem.type.replace("urn:tillgate:problem:", "");
  return { ...problem, kind, fields: problem.errors?.map(({ field }) => field) ?? [] };
}
