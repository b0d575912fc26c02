import type { Socket } from "node:net";
import { backoff } from "../../runtime/backoff.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Log } from "../../runtime/log.ts";
import { type Endpoint, formatEndpoint } from "../../runtime/endpoint.ts";
import { isShutdown } from "../../runtime/task.ts";
import { WakeUp } from "../../runtime/wake-up.ts";
import { ConnectError, connectTcp, type ConnectOptions } from "../transport/tcp-connect.ts";

export interface Opened {
  readonly socket: Socket;
  readonly endpoint: string;
}

export interface AcquirerLineDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  /** Called when the first endpoint comes back to life, and when the last one is known dead. */
  readonly onUsable: (usable: boolean) => void;
}

/**
 * How soon and how often a dead endpoint is tried again. Only bare connections: nothing is ever written to one. While all
 * are dead the shop cannot sell, so the ceiling is short: a connection every two seconds costs nobody anything.
 */
const PROBE_BACKOFF = { floorMs: 250, firstMs: 500, ceilingMs: 2_000 };

/**
 * The acquirer's endpoints in order of preference, and which of them are known dead. A connection is opened to one of
 * those believed alive; a dead one costs no sale its connect time-out, since only the probe tries it.
 */
export class AcquirerLine {
  readonly #endpoints: readonly Endpoint[];
  readonly #connect: ConnectOptions;
  readonly #deps: AcquirerLineDeps;
  readonly #dead = new Map<string, { readonly sinceMs: number; readonly code: string }>();
  readonly #died = new WakeUp();

  constructor(endpoints: readonly Endpoint[], connect: ConnectOptions, deps: AcquirerLineDeps) {
    this.#endpoints = endpoints;
    this.#connect = connect;
    this.#deps = deps;
  }

  get isUsable(): boolean {
    return this.#dead.size < this.#endpoints.length;
  }

  /** `undefined`: no endpoint could be reached, and nothing was sent to any. */
  async open(signal: AbortSignal): Promise<Opened | undefined> {
    for (const endpoint of this.#endpoints) {
      if (this.#dead.has(formatEndpoint(endpoint))) continue;
      const socket = await this.#try(endpoint, signal);
      if (socket !== undefined) return { socket, endpoint: formatEndpoint(endpoint) };
      signal.throwIfAborted();
    }
    return undefined;
  }

  /** Tries dead endpoints again until the signal fires. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#deps;
    try {
      while (!signal.aborted) {
        await this.#died.wait(60_000, signal);
        for (const delay of backoff(PROBE_BACKOFF, random)) {
          if (this.#dead.size === 0) break;
          await clock.sleep(delay, signal);
          for (const endpoint of this.#endpoints.filter((one) => this.#dead.has(formatEndpoint(one)))) {
            (await this.#try(endpoint, signal))?.destroy();
          }
        }
      }
    } catch (error) {
      if (!isShutdown(error, signal)) throw error;
    }
  }

  async #try(endpoint: Endpoint, signal: AbortSignal): Promise<Socket | undefined> {
    try {
      const socket = await connectTcp(endpoint, this.#connect, signal);
      this.#alive(endpoint);
      return socket;
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
      if (!signal.aborted) this.#failed(endpoint, error);
      return undefined;
    }
  }

  #alive(endpoint: Endpoint): void {
    const name = formatEndpoint(endpoint);
    const dead = this.#dead.get(name);
    if (dead === undefined) return;
    const wasUsable = this.isUsable;
    this.#dead.delete(name);
    const { clock, log, onUsable } = this.#deps;
    log.info("acquirer.reachable", { endpoint: name, downMs: Math.round(clock.monotonicMs() - dead.sinceMs) });
    if (!wasUsable) onUsable(true);
  }

  #failed(endpoint: Endpoint, { code }: ConnectError): void {
    const name = formatEndpoint(endpoint);
    if (this.#dead.has(name)) return;
    const { clock, log, onUsable } = this.#deps;
    this.#dead.set(name, { sinceMs: clock.monotonicMs(), code });
    log.warn("acquirer.unreachable", {
      endpoint: name,
      code,
      otherEndpoints: this.#endpoints.length - this.#dead.size,
    });
    this.#died.ring();
    if (!this.isUsable) onUsable(false);
  }
}
