import { randomUUID } from "node:crypto";
import type { Outcome } from "../../domain/transaction.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { TillApi, TillOrder } from "./till-api.ts";

export interface TillHabits {
  /** ms until the till gives an answer up and asks again, with the same key. */
  readonly patienceMs: number;
  /** ms between two looks at a payment that runs. */
  readonly pollMs: number;
  /** ms after which the cashier calls a payment back that still runs. */
  readonly cancelAfterMs: number;
  /** ms after which the till asks no longer. */
  readonly giveUpAfterMs: number;
}

/** One request of a till, as far as it was told what became of it. */
export interface Sold {
  readonly order: TillOrder;
  /** `refused`: nothing was sent to a terminal; `notTold`: nobody answered as long as it asked. */
  readonly end: Outcome | "notTold";
  /** tillgate's name for it. */
  readonly payment?: string;
  /** With `refused`: the last word of the problem's type, e.g. `probableDuplicate`. */
  readonly problem?: string;
  /** Times that it asked again with the same key, and that it looked at a payment which ran. */
  readonly repeats: number;
  readonly polls: number;
  readonly isCalledBack: boolean;
}

/**
 * One order at a till that does what the API asks of it: one key for one request, the same key again when no answer came,
 * a look at the payment while it runs. An order that is in doubt is not asked for again.
 */
export async function sell(api: TillApi, order: TillOrder, habits: TillHabits, clock: Clock): Promise<Sold> {
  const key = randomUUID();
  const began = clock.monotonicMs();
  const waited = (): number => clock.monotonicMs() - began;
  const never = new AbortController().signal;
  let { patienceMs } = habits;
  let running: string | undefined;
  let repeats = 0;
  let polls = 0;
  let isCalledBack = false;
  const ended = (end: Sold["end"], more: Pick<Sold, "payment" | "problem"> = {}): Sold => {
    return { order, end, repeats, polls, isCalledBack, ...more };
  };
  while (waited() < habits.giveUpAfterMs) {
    const reply = running === undefined ? await api.pay(order, key, patienceMs) : await api.find(running, patienceMs);
    // A request that may have come through is not undone by a later refusal: the till goes on asking what became of it.
    const mayRun = running !== undefined || repeats > 0;
    if (reply.type === "problem" && !(mayRun && reply.isPassing)) return ended("refused", { problem: reply.kind });
    if (reply.type !== "payment") {
      repeats += 1;
      patienceMs = Math.min(2 * patienceMs, habits.giveUpAfterMs);
    } else if (reply.payment.state === "ended") {
      return ended(reply.payment.outcome, { payment: reply.payment.id });
    } else {
      running = reply.payment.id;
      polls += 1;
      if (!isCalledBack && waited() > habits.cancelAfterMs) {
        const answer = await api.cancel(running, habits.giveUpAfterMs);
        isCalledBack = answer.type === "payment";
      }
    }
    await clock.sleep(habits.pollMs, never);
  }
  return ended("notTold", running === undefined ? {} : { payment: running });
}
