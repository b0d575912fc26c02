import type { Clock } from "../../runtime/clock.ts";
import { isShutdown, type Task } from "../../runtime/task.ts";
import { sell, type Sold, type TillHabits } from "./sell.ts";
import type { TillApi, TillOrder } from "./till-api.ts";

export interface TillOptions {
  readonly name: string;
  readonly api: TillApi;
  /** Called for each customer. */
  readonly nextOrder: (orderId: string) => TillOrder;
  readonly habits: TillHabits;
  /** ms until the till loses its patience with an answer, in place of `habits.patienceMs`, for this share of its orders. */
  readonly hasty?: { readonly share: number; readonly patienceMs: number };
  /** Share of paid orders that the cashier tries to take a second time, with a new key. Default 0. */
  readonly twiceRate?: number;
  /** ms until the next customer. */
  readonly gapMs: () => number;
  readonly clock: Clock;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  /** Told how each request ended; `isSecond` when it was for an order that had been paid, or was in doubt. */
  readonly onSold: (sold: Sold, isSecond: boolean) => void;
}

/** ms of rest after a refusal. */
const AFTER_REFUSAL_MS = 300;

/**
 * A till with its cashier. What was declined or failed is tried once more, with a new key, as people do; what is in doubt is
 * tried once more too, which tillgate must refuse. When the signal fires the order under way is finished.
 */
export function tillTask(options: TillOptions): Task {
  const { name, api, habits, hasty, clock, random, onSold } = options;
  const ask = async (order: TillOrder): Promise<Sold> => {
    const isHasty = hasty !== undefined && random() < hasty.share;
    return sell(api, order, isHasty ? { ...habits, patienceMs: hasty.patienceMs } : habits, clock);
  };
  const serve = async (order: TillOrder): Promise<Sold> => {
    let sold = await ask(order);
    onSold(sold, false);
    if (sold.end === "declined" || sold.end === "failed") {
      sold = await ask(order);
      onSold(sold, false);
    }
    const isPaid = sold.end === "approved" || sold.end === "approvedPartly";
    if (sold.end === "inDoubt" || (isPaid && random() < (options.twiceRate ?? 0))) onSold(await ask(order), true);
    return sold;
  };
  return {
    name: `till ${name}`,
    run: async (signal) => {
      try {
        for (let number = 1; !signal.aborted; number += 1) {
          await clock.sleep(options.gapMs(), signal);
          const { end } = await serve(options.nextOrder(`${name}-${String(number).padStart(5, "0")}`));
          if (end === "refused") await clock.sleep(AFTER_REFUSAL_MS, signal);
        }
      } catch (error) {
        if (!isShutdown(error, signal)) throw error;
      }
    },
  };
}
