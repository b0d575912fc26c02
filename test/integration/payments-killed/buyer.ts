import { setTimeout as delay } from "node:timers/promises";
import type { z } from "zod";
import { inDoubtAnswer, type paymentAnswer } from "../../../src/contract/payments.ts";
import { isUnresolved, type Outcome } from "../../../src/domain/transaction.ts";
import { paymentIn, problemIn, Till } from "../../support/till.ts";
import { waitUntil } from "../../support/wait-until.ts";

export type Payment = z.output<typeof paymentAnswer>["payment"];
export type Doubt = z.output<typeof inDoubtAnswer>["inDoubt"][number];

/** What a till orders. Every order of a trial has an amount of its own: by that the terminal's books are read. */
export interface Order {
  readonly key: string;
  readonly orderId: string;
  readonly amount: number;
  readonly terminal?: string;
}

/** What a till was told of one key, and how it ended. */
export interface Told {
  readonly outcomes: readonly Outcome[];
  /** `person`: the terminal was asked, and what it said was no evidence. */
  readonly end: Payment | "person";
}

/** Refusals after which a till sends the same key again. */
const PASSING: ReadonlySet<string> = new Set([
  "notReady",
  "notRecorded",
  "terminalBusy",
  "terminalOffline",
  "terminalInDoubt",
  "noTerminalFree",
]);
const AGAIN_MS = 100;
const PATIENCE_MS = 90_000;

/** Whoever holds a token: a till that does not give up, and the person who helps it. */
export class Buyer {
  readonly #api: Till;

  constructor(url: string, token: string) {
    this.#api = new Till(url, token);
  }

  /** Sends the order, with the one key, until its end is known or only a person can know it. @throws when it takes too long. */
  async pay(order: Order): Promise<Told> {
    const outcomes: Outcome[] = [];
    const deadline = performance.now() + PATIENCE_MS;
    while (performance.now() < deadline) {
      const payment = await this.once(order).catch(() => undefined);
      if (typeof payment === "object") {
        outcomes.push(payment.outcome);
        if (payment.state === "ended" && !isUnresolved(payment.outcome)) return { outcomes, end: payment };
        if (await this.#needsPerson(payment.id)) return { outcomes, end: "person" };
      } else if (payment !== undefined && !PASSING.has(payment)) {
        throw new Error(`${order.key} was refused: ${payment}`);
      }
      await delay(AGAIN_MS);
    }
    throw new Error(`${order.key} came to no end`);
  }

  /** @returns the payment, or the word of the refusal. @throws when the daemon is not there. */
  async once({ key, ...order }: Order): Promise<Payment | string> {
    const response = await this.#api.pay(key, order);
    return response.ok ? paymentIn(response) : (await problemIn(response)).kind;
  }

  /** A payment by its id. */
  async read(id: string): Promise<Payment> {
    return paymentIn(await this.#api.get(`/api/v1/payments/${id}`));
  }

  async inDoubt(): Promise<readonly Doubt[]> {
    const response = await this.#api.get("/api/v1/in-doubt");
    if (!response.ok) throw new Error(`not told: ${response.status}`);
    return inDoubtAnswer.parse(await response.json()).inDoubt;
  }

  async resolve(id: string, as: "approved" | "failed"): Promise<void> {
    const body = { as, reason: "looked at the terminal's own list" };
    const response = await this.#api.post(`/api/v1/in-doubt/${id}/resolve`, body);
    if (!response.ok) throw new Error(`${id} was not resolved: ${(await problemIn(response)).kind}`);
  }

  /** One figure of the daemon's metrics. */
  async metric(name: string): Promise<number> {
    const lines = (await (await this.#api.get("/metrics")).text()).split("\n");
    const line = lines.find((one) => one.startsWith(`${name} `));
    if (line === undefined) throw new Error(`the daemon has no metric ${name}`);
    return Number(line.split(" ").at(-1));
  }

  /** Waits until the order is listed as in doubt, or is not any more. @returns the doubt. */
  async listed(orderId: string, isOver: () => boolean): Promise<Doubt | undefined> {
    return waitUntil(`${orderId} is listed, or has ended`, async () => {
      const found = isOver() ? undefined : (await this.inDoubt()).find((doubt) => doubt.orderId === orderId);
      return isOver() || found !== undefined ? { found } : undefined;
    }).then(({ found }) => found);
  }

  async #needsPerson(id: string): Promise<boolean> {
    const doubts = await this.inDoubt().catch(() => []);
    return doubts.some((doubt) => doubt.id === id && doubt.lastCheck !== undefined);
  }
}
