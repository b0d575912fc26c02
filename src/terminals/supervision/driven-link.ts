import {
  type DeviceAbilities,
  type DeviceDriver,
  DeviceError,
  type DeviceNews,
  type DeviceSession,
} from "../../domain/device.ts";
import type { Clock } from "../../runtime/clock.ts";
import { bounded, Hung } from "./bounded.ts";
import type { FaultCode } from "./state.ts";

/** ms. Longer than any family takes by itself; beyond it the driver is told to stop. */
const OPEN_MS = 30_000;
const POLL_MS = 10_000;
const RECOVER_MS = 120_000;
const CLOSE_MS = 5_000;

/** What went wrong with a call, in the machine's words. */
export function faultOf(error: unknown): FaultCode {
  if (error instanceof Hung) return "hung";
  return error instanceof DeviceError ? error.code : "crashed";
}

export interface DrivenLinkDeps {
  readonly clock: Clock;
  readonly makeDriver: (news: (news: DeviceNews) => void) => DeviceDriver;
  readonly news: (news: DeviceNews) => void;
  /** The open session ended by itself. */
  readonly lost: (code: FaultCode) => void;
}

/** One driver and its open session, every call into them bounded. */
export class DrivenLink {
  readonly #deps: DrivenLinkDeps;
  #driver: DeviceDriver | undefined;
  #session: DeviceSession | undefined;

  constructor(deps: DrivenLinkDeps) {
    this.#deps = deps;
  }

  get session(): DeviceSession | undefined {
    return this.#session;
  }

  get abilities(): DeviceAbilities | undefined {
    return this.#driver?.abilities;
  }

  driverCounters(): Readonly<Record<string, number>> {
    try {
      return this.#driver?.counters() ?? {};
    } catch {
      return {};
    }
  }

  /** @throws whatever the factory or the driver throws; Hung. */
  async open(signal: AbortSignal): Promise<{ readonly session: DeviceSession; readonly abilities: DeviceAbilities }> {
    const driver = this.#driver ?? this.#make();
    this.#driver = driver;
    const session = await bounded("open", async (stop) => driver.open(stop), {
      ms: OPEN_MS,
      clock: this.#deps.clock,
      signal,
      onLate: (late) => void this.#dispose(late),
    });
    this.#session = session;
    return { session, abilities: driver.abilities };
  }

  /** Tells when the open session ends by itself. Resolves then, or when it ends because it was closed. */
  async watch(): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    let code: FaultCode;
    try {
      code = (await session.ended).code;
    } catch {
      code = "crashed";
    }
    if (this.#session === session) this.#deps.lost(code);
  }

  async poll(session: DeviceSession, signal: AbortSignal): ReturnType<DeviceSession["poll"]> {
    return bounded("poll", async (stop) => session.poll(stop), { ms: POLL_MS, clock: this.#deps.clock, signal });
  }

  async recover(...[step, signal]: Parameters<DeviceSession["recover"]>): Promise<void> {
    const session = this.#session;
    if (session === undefined) throw new DeviceError("closed", "no open link");
    await bounded("recover", async (stop) => session.recover(step, stop), {
      ms: RECOVER_MS,
      clock: this.#deps.clock,
      signal,
    });
  }

  /** @returns false when the driver failed at it: it is then not to be used any more. */
  async close(): Promise<boolean> {
    const session = this.#session;
    this.#session = undefined;
    return session === undefined || this.#dispose(session);
  }

  forgetDriver(): void {
    this.#driver = undefined;
  }

  #make(): DeviceDriver {
    // News of a driver that was given up must not be taken for its successor's.
    let driver: DeviceDriver | undefined;
    const made = this.#deps.makeDriver((news) => {
      if (this.#driver === driver || driver === undefined) this.#deps.news(news);
    });
    driver = made;
    return made;
  }

  async #dispose(session: DeviceSession): Promise<boolean> {
    try {
      // A stop of the daemon is the usual reason for closing: it must not cut it short.
      const signal = new AbortController().signal;
      await bounded("close", async () => session[Symbol.asyncDispose](), {
        ms: CLOSE_MS,
        clock: this.#deps.clock,
        signal,
      });
      return true;
    } catch {
      return false;
    }
  }
}
