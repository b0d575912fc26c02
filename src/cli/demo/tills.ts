import { randomBytes } from "node:crypto";
import type { TokenHolder } from "../../gateway-config.ts";
import type { Clock } from "../../runtime/clock.ts";
import { Secret } from "../../runtime/secret.ts";
import type { Task } from "../../runtime/task.ts";
import { seededRandom } from "../../sim/seeded-random.ts";
import { busyness, gapMs, price } from "../../sim/terminal/shop-day.ts";
import type { Sold } from "../../sim/till/sell.ts";
import { TillApi } from "../../sim/till/till-api.ts";
import { tillTask } from "../../sim/till/till.ts";
import type { TillTold } from "./audit-orders.ts";
import type { Driven } from "./driven.ts";

/** ms, as short as the demo's acts are. */
const TILL_HABITS = { patienceMs: 10_000, pollMs: 100, cancelAfterMs: 2_500, giveUpAfterMs: 60_000 } as const;
const HASTY = { share: 0.15, patienceMs: 200 } as const;
const TWICE_RATE = 0.06;
/** Fen, or cents. */
const MEDIAN_AMOUNT = 6_800;
const NOON = 12;

/** One till for each terminal that tillgate drives. */
export interface Till {
  readonly name: string;
  readonly holder: TokenHolder;
  readonly driven: Driven;
}

export function tillsFor(terminals: readonly Driven[]): readonly Till[] {
  return terminals.map((driven, number) => {
    const name = `desk-${number + 1}`;
    return { name, driven, holder: { name, role: "till", secret: new Secret(randomBytes(24).toString("hex")) } };
  });
}

export interface TillsOptions {
  /** Of the gateway. */
  readonly url: string;
  readonly transactionsPerMinute: number;
  /** Shop minutes in a real minute. */
  readonly speed: number;
  readonly clock: Clock;
  readonly onSold: (sold: Sold, isSecond: boolean) => void;
}

/** What the tills were told, for the audit. */
export class TillJournal {
  readonly #told: TillTold[] = [];

  get told(): readonly TillTold[] {
    return this.#told;
  }

  note(till: string, { order, payment, end }: Sold): void {
    if (payment !== undefined && end !== "notTold") this.#told.push({ till, orderId: order.orderId, payment, end });
  }
}

/** No two orders of the demo have the same amount. */
export function tillTasks(tills: readonly Till[], journal: TillJournal, options: TillsOptions): readonly Task[] {
  const { url, clock, speed, transactionsPerMinute, onSold } = options;
  const amounts = new Set<number>();
  return tills.map(({ name, holder, driven }, number) => {
    const random = seededRandom(300 + number);
    return tillTask({
      name,
      api: new TillApi(url, holder.secret),
      nextOrder: (orderId) => {
        driven.meetCustomer();
        let amount = price(MEDIAN_AMOUNT, random);
        while (amounts.has(amount)) amount += 1;
        amounts.add(amount);
        return { orderId, amount, currency: driven.currency, terminal: driven.id };
      },
      habits: TILL_HABITS,
      hasty: HASTY,
      twiceRate: TWICE_RATE,
      gapMs: () => gapMs(transactionsPerMinute * busyness(NOON), random) / speed,
      clock,
      random,
      onSold: (sold, isSecond) => {
        journal.note(name, sold);
        onSold(sold, isSecond);
      },
    });
  });
}
