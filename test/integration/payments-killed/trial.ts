import { assertNever } from "../../../src/domain/assert-never.ts";
import type { Outcome } from "../../../src/domain/transaction.ts";
import { books } from "../../../src/sim/hq/books.ts";
import type { ZvtBooking } from "../../../src/sim/zvt/books.ts";
import { waitUntil } from "../../support/wait-until.ts";
import type { Order, Told } from "./buyer.ts";
import type { Counter } from "./counter.ts";
import type { Moment, Strike } from "./moments.ts";
import { faultsIn } from "./verdict.ts";

/** Result of a host that declines for lack of funds: 51, as BMP 27 carries it. */
const NO_FUNDS = 51;
const FIRST_AMOUNT = 1_000;

/** How it became known what had become of a payment. */
export type Ending = "neverInDoubt" | "evidence" | "person";

export interface TrialReport {
  readonly kills: number;
  readonly payments: number;
  readonly endings: Readonly<Record<Ending, number>>;
  /** Moments after which a person had to look, and why the terminal's word was no evidence. */
  readonly persons: readonly string[];
  /** Second orders of an order in doubt, all turned away. */
  readonly secondOrders: number;
  readonly faults: readonly string[];
}

/** Payments in the course of which things go wrong, and what everybody has of them afterwards. */
export class Trial {
  readonly #counter: Counter;
  readonly #random: () => number;
  readonly #faults: string[] = [];
  readonly #persons: string[] = [];
  readonly #endings = { neverInDoubt: 0, evidence: 0, person: 0 };
  #payments = 0;
  #secondOrders = 0;

  constructor(counter: Counter, random: () => number) {
    this.#counter = counter;
    this.#random = random;
  }

  report(): TrialReport {
    return {
      kills: this.#counter.kills,
      payments: this.#payments,
      endings: { ...this.#endings },
      persons: [...this.#persons],
      secondOrders: this.#secondOrders,
      faults: [...this.#faults],
    };
  }

  /** One payment without a fault: the terminal has a number that is known. */
  async warmUp(): Promise<void> {
    const order = this.#newOrder();
    await this.#audit("none", order, await this.#counter.till.pay(order));
  }

  /** One payment, from its order until everybody knows what became of it. */
  async strike({ moment, isDeclined, hostMs = 5 }: Strike): Promise<void> {
    const counter = this.#counter;
    const order = this.#newOrder();
    const [terminal] = counter.terminals;
    terminal?.next({ hostMs, ...(isDeclined ? { decline: NO_FUNDS } : {}) });
    let isOver = false;
    const struck = await this.#arm(moment);
    const paying = counter.till.pay(order).finally(() => (isOver = true));
    // Heard below; what goes wrong before must not hide it.
    paying.catch(() => undefined);
    await struck();
    await this.#orderAgain(order, () => isOver);
    const told = await paying;
    terminal?.behave();
    await this.#audit(`${moment.name}${isDeclined ? ", declined" : ""}`, order, told);
  }

  /** @returns what waits until it has struck, and until there is a daemon again. */
  async #arm(moment: Moment): Promise<() => Promise<void>> {
    const counter = this.#counter;
    const { promise: struck, resolve } = Promise.withResolvers<void>();
    const at = (step: Parameters<Counter["at"]>[0], act: () => void | Promise<void>): void => {
      counter.at(step, async () => {
        await act();
        resolve();
      });
    };
    switch (moment.type) {
      case "kill":
        at(moment.step, async () => counter.kill());
        return async () => {
          await struck;
          await counter.start();
        };
      case "cut":
        at(moment.step, () => counter.terminals[0]?.dropLines());
        return async () => struck;
      case "power":
        at(moment.step, () => counter.terminals[0]?.failPower());
        return async () => struck;
      case "dies":
        await counter.dieAt(moment.name);
        return async () => {
          await counter.died();
          await counter.start();
        };
      case "diesAfterwards":
        at("waitingForHost", async () => counter.kill());
        return async () => {
          await struck;
          await counter.dieAt(moment.name);
          await counter.startToDie();
          await counter.start();
        };
      case "twice":
        at("waitingForHost", async () => counter.kill());
        return async () => {
          await struck;
          await counter.startAndKill(100 + this.#random() * 1_400);
          await counter.start();
        };
      default:
        return assertNever(moment);
    }
  }

  /** While an order is in doubt the till gets no second one for it, under whatever key. */
  async #orderAgain({ key, orderId, amount }: Order, isOver: () => boolean): Promise<void> {
    const { till } = this.#counter;
    if ((await till.listed(orderId, isOver)) === undefined) return;
    const word = await till.once({ key: `${key}-again`, orderId, amount: amount + 1 });
    if (word === "orderInDoubt") this.#secondOrders += 1;
    // It may have ended meanwhile; that it was not charged twice the books tell.
    else if (!isOver()) {
      this.#faults.push(`${key}: a second order got ${typeof word === "string" ? word : word.outcome}`);
    }
  }

  async #audit(what: string, order: Order, { outcomes, end }: Told): Promise<void> {
    const { supervisor, hqDatabase } = this.#counter;
    await this.#counter.atRest();
    const bookings = this.#bookingsOf(order);
    const id = end === "person" ? await this.#askPerson(what, order, bookings) : end.id;
    const { outcome: ledger, resolution } = await supervisor.read(id);
    const atHq = (): Outcome | undefined =>
      books(hqDatabase).transactions.find(({ transaction }) => transaction.id === id)?.transaction.outcome;
    await waitUntil(`headquarters has ${order.key} as ${ledger}`, () => atHq() === ledger).catch(() => undefined);
    this.#payments += 1;
    this.#endings[endingOf(resolution?.by)] += 1;
    const account = { key: `${order.key} (${what})`, bookings, told: outcomes, ledger, hq: atHq() };
    this.#faults.push(...faultsIn(account));
  }

  /** Somebody looks at the terminal's own list. */
  async #askPerson(what: string, { orderId }: Order, bookings: readonly ZvtBooking[]): Promise<string> {
    const { supervisor } = this.#counter;
    const doubt = (await supervisor.inDoubt()).find((one) => one.orderId === orderId);
    if (doubt === undefined) throw new Error(`${orderId} is in doubt and not listed`);
    this.#persons.push(`${what}: ${doubt.lastCheck?.why ?? "not asked"}`);
    await supervisor.resolve(doubt.id, bookings.some(({ outcome }) => outcome === "approved") ? "approved" : "failed");
    return doubt.id;
  }

  #bookingsOf({ amount }: Order): readonly ZvtBooking[] {
    return this.#counter.terminals.flatMap(({ books: { bookings } }) =>
      bookings.filter((booking) => booking.kind === "charge" && booking.ordered === amount),
    );
  }

  #newOrder(): Order {
    const number = this.#payments + 1;
    // Even ones: what is one more is a second order.
    return { key: `key-${number}`, orderId: `order-${number}`, amount: FIRST_AMOUNT + 2 * number };
  }
}

function endingOf(by: string | undefined): Ending {
  if (by === undefined) return "neverInDoubt";
  return by === "evidence" ? "evidence" : "person";
}
