import type { Clock } from "../../runtime/clock.ts";
import { type Log, silentLog } from "../../runtime/log.ts";
import { isShutdown, type Task } from "../../runtime/task.ts";
import { type Card, inventCard } from "./card.ts";
import { Customers } from "./customers.ts";
import { busyness, gapMs } from "./shop-day.ts";
import type { Managed, Settled, Shown } from "./shown.ts";
import type { Terminal } from "./terminal.ts";

export interface ShopOptions {
  /** Mean over the opening hours, by the shop's clock. Default 2. */
  readonly transactionsPerMinute?: number;
  /** Shop minutes in a real minute. Default 1. */
  readonly speed?: number;
  /** Hours of the shop's day. Default 9 to 22; the night takes no time. */
  readonly openAt?: number;
  readonly closeAt?: number;
  /** Fen. Default 6,800. */
  readonly medianAmount?: number;
  /** ms without traffic after which a long connection is tried by an echo. Default 60 s. */
  readonly echoEveryMs?: number;
  /** Cards that its customers carry. Default 200. */
  readonly cards?: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log?: Log;
  /** Told what the terminal showed and how long the cashier waited for it (ms), for progress. */
  readonly onShown?: (shown: Shown | Settled | Managed, waitedMs: number) => void;
}

/** ms between two attempts to sign in or to settle when the line is down. */
const TRY_AGAIN_MS = 2_000;
const SETTLE_ATTEMPTS = 3;

/**
 * A shop around one terminal: sign-in in the morning, customers by the hour, settlement and sign-off at night, and the
 * next day. When the signal fires the transaction under way is finished (at most the receive time-outs long), then the
 * line is hung up; what is still owed stays in the terminal's memory.
 */
export function shopTask(terminal: Terminal, options: ShopOptions): Task {
  const shop = new Shop(terminal, options);
  return {
    name: `shop ${terminal.de41}`,
    run: async (signal) => {
      try {
        while (!signal.aborted) await shop.day(signal);
      } catch (error) {
        if (!isShutdown(error, signal)) throw error;
      } finally {
        terminal.hangUp();
      }
    },
  };
}

class Shop {
  readonly #terminal: Terminal;
  readonly #options: ShopOptions;
  readonly #speed: number;
  readonly #openAt: number;
  readonly #closeAt: number;
  readonly #perMinute: number;
  readonly #customers: Customers;
  readonly #log: Log;

  constructor(terminal: Terminal, options: ShopOptions) {
    this.#terminal = terminal;
    this.#options = options;
    this.#speed = options.speed ?? 1;
    this.#openAt = options.openAt ?? 9;
    this.#closeAt = options.closeAt ?? 22;
    this.#perMinute = options.transactionsPerMinute ?? 2;
    this.#log = options.log ?? silentLog;
    const deck: [Card, ...Card[]] = [inventCard(options.random)];
    while (deck.length < (options.cards ?? 200)) deck.push(inventCard(options.random));
    this.#customers = new Customers(terminal, deck, options.medianAmount ?? 6_800, options.random);
  }

  async day(signal: AbortSignal): Promise<void> {
    await this.#signIn(signal);
    const openedAt = this.#options.clock.monotonicMs();
    const hour = (): number =>
      this.#openAt + ((this.#options.clock.monotonicMs() - openedAt) * this.#speed) / 3_600_000;
    while (hour() < this.#closeAt) {
      const perMinute = this.#perMinute * busyness(hour());
      await this.#idle(gapMs(perMinute, this.#options.random) / this.#speed, signal);
      await this.#serve(signal);
    }
    await this.#settle(signal);
    await this.#watch(this.#terminal.signOff());
  }

  async #serve(signal: AbortSignal): Promise<void> {
    const shown = await this.#watch(this.#customers.serveOne());
    if (shown.shown === "signInFirst") await this.#signIn(signal);
    if (shown.shown === "journalFull") await this.#settle(signal);
  }

  async #signIn(signal: AbortSignal): Promise<void> {
    while (!this.#terminal.memory.isSignedIn) {
      signal.throwIfAborted();
      const shown = await this.#watch(this.#terminal.signIn());
      if (shown.shown !== "done") await this.#options.clock.sleep(TRY_AGAIN_MS / this.#speed, signal);
    }
  }

  /** A batch that cannot be settled tonight goes on tomorrow. */
  async #settle(signal: AbortSignal): Promise<void> {
    for (let attempt = 1; attempt <= SETTLE_ATTEMPTS; attempt++) {
      signal.throwIfAborted();
      const shown = await this.#watch(this.#terminal.settle());
      if (shown.shown === "settled") return;
      await this.#options.clock.sleep(TRY_AGAIN_MS / this.#speed, signal);
    }
    this.#log.warn("terminal.notSettled", { terminal: this.#terminal.de41, attempts: SETTLE_ATTEMPTS });
  }

  /** Waits for the next customer; a long connection is kept alive meanwhile. */
  async #idle(ms: number, signal: AbortSignal): Promise<void> {
    const { clock, echoEveryMs = 60_000 } = this.#options;
    let left = ms;
    for (; left > echoEveryMs; left -= echoEveryMs) {
      await clock.sleep(echoEveryMs, signal);
      if (this.#terminal.isConnected) await this.#watch(this.#terminal.echo());
    }
    await clock.sleep(left, signal);
  }

  async #watch<T extends Shown | Settled | Managed>(operation: Promise<T>): Promise<T> {
    const { clock, onShown } = this.#options;
    const began = clock.monotonicMs();
    const shown = await operation;
    onShown?.(shown, clock.monotonicMs() - began);
    return shown;
  }
}
