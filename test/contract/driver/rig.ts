import { cardToken } from "../../../src/domain/card.ts";
import type { DeviceDriver, DeviceNews, DeviceSession } from "../../../src/domain/device.ts";
import { currency, minorUnits } from "../../../src/domain/money.ts";
import { type PaymentAnswer, paymentId, type PaymentOrder, type PaymentProgress } from "../../../src/domain/payment.ts";
import type { DeviceDeps } from "../../../src/drivers/driver.ts";
import { type Clock, systemClock } from "../../../src/runtime/clock.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { waitUntil } from "../../support/wait-until.ts";
import type { DriverWorld, ScriptedPeer } from "./world.ts";

export const AMOUNT = minorUnits(1234);

/** Runs a test in a world of its own. */
export type InWorld = (work: (rig: Rig) => Promise<void>) => Promise<void>;

/** How many frames a piece of work takes. */
export async function framesOf(peer: ScriptedPeer, work: () => Promise<void>): Promise<number> {
  const before = peer.frames;
  await work();
  return peer.frames - before;
}

/** A world with one driver in it, and what that has left behind. */
export class Rig implements AsyncDisposable {
  readonly world: DriverWorld;
  readonly driver: DeviceDriver;
  readonly news: DeviceNews[] = [];
  /** Timers of the driver that run now. */
  sleeping = 0;
  readonly #sessions: DeviceSession[] = [];
  #orders = 0;

  constructor(world: DriverWorld) {
    this.world = world;
    const deps: DeviceDeps = {
      clock: this.#countingClock(systemClock()),
      log: silentLog,
      random: () => 0.5,
      tokenise: () => cardToken("0123456789abcdef"),
      news: (news) => this.news.push(news),
    };
    this.driver = world.driver(deps);
  }

  get peer(): ScriptedPeer {
    return this.world.peer;
  }

  async open(signal: AbortSignal = new AbortController().signal): Promise<DeviceSession> {
    const session = await this.patiently("opening", this.driver.open(signal));
    this.#sessions.push(session);
    return session;
  }

  /** As supervision does: until it works. A peer that is back may have something of before on its lips. */
  async reopen(): Promise<DeviceSession> {
    return waitUntil("it opens again", async () => this.open(), { withinMs: this.world.patienceMs, everyMs: 200 });
  }

  async sell(
    session: DeviceSession,
    { cancel = new AbortController().signal, progress = () => undefined }: SellOptions = {},
  ): Promise<PaymentAnswer> {
    return this.patiently("a sale", session.pay(this.order(), progress, cancel));
  }

  order(): PaymentOrder {
    this.#orders++;
    return {
      payment: paymentId(`payment-${this.#orders}`),
      kind: "sale",
      amount: AMOUNT,
      currency: this.world.currency ?? currency("EUR"),
    };
  }

  /** @throws Error when it takes longer than everything may take in this world. */
  async patiently<T>(what: string, work: PromiseLike<T>): Promise<T> {
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error(`${what} hangs`)), this.world.patienceMs);
    try {
      return await Promise.race([work, promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Closes a session and sees that nothing of it stays. */
  async close(session: DeviceSession): Promise<void> {
    await this.patiently("closing", session[Symbol.asyncDispose]());
    await this.patiently("the end of the session", session.ended);
    await this.leftNothing();
  }

  async leftNothing(): Promise<void> {
    await waitUntil("no link is open", () => this.peer.links === 0);
    await waitUntil("no timer runs", () => this.sleeping === 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.#sessions) await session[Symbol.asyncDispose]();
    await this.world[Symbol.asyncDispose]();
  }

  async #sleep(real: Clock, ms: number, signal: AbortSignal): Promise<void> {
    this.sleeping++;
    try {
      await real.sleep(ms, signal);
    } finally {
      this.sleeping--;
    }
  }

  #countingClock(real: Clock): Clock {
    return {
      now: () => real.now(),
      monotonicMs: () => real.monotonicMs(),
      stamp: () => real.stamp(),
      sleep: async (ms, signal) => this.#sleep(real, ms, signal),
    };
  }
}

interface SellOptions {
  readonly cancel?: AbortSignal;
  readonly progress?: (news: PaymentProgress) => void;
}
