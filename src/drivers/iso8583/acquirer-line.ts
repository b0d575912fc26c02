import type { Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { backoff } from "../../runtime/backoff.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Log } from "../../runtime/log.ts";
import { type Endpoint, formatEndpoint } from "../../runtime/endpoint.ts";
import { type Route, type Source, sourceOf } from "../../runtime/route.ts";
import { ROUTE_RULES, type RouteMove, type RouteRules } from "../../runtime/route-choice.ts";
import { RouteSelector } from "../../runtime/route-selector.ts";
import { isShutdown } from "../../runtime/task.ts";
import { canConnect } from "../../runtime/tcp-probe.ts";
import { WakeUp } from "../../runtime/wake-up.ts";
import { ConnectError, connectTcp, type ConnectOptions } from "../transport/tcp-connect.ts";
import { AcquirerPaths, type Path } from "./acquirer-paths.ts";
import type { ExchangeReport } from "./relay-connection.ts";

export interface Opened {
  readonly socket: Socket;
  readonly endpoint: string;
  /** To be told what becomes of the requests on this connection. */
  readonly report: ExchangeReport;
}

export interface AcquirerLineOptions {
  readonly endpoints: readonly Endpoint[];
  /** In order of preference; none: the system's. */
  readonly routes?: readonly Route[] | undefined;
  readonly connect: ConnectOptions;
  /** Tests shorten them. */
  readonly routeRules?: Partial<RouteRules> | undefined;
}

export interface AcquirerLineDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  /** Called when the first endpoint comes back to life, and when the last one is known dead. */
  readonly onUsable: (usable: boolean) => void;
  /** New connections stand over another route of the shop. */
  readonly onMoved: (move: RouteMove) => void;
}

/** What a technician wants to know of it. */
export interface AcquirerLineState {
  /** Name of the route in use, and of the one that should be where it is another. */
  readonly route: string;
  readonly routePreferred: string | undefined;
  readonly routes: readonly string[];
  readonly routeMoves: number;
  /** To which the newest connection was opened. */
  readonly endpoint: string | undefined;
  /** Some endpoint is not known dead. */
  readonly isUsable: boolean;
  /** Why an endpoint could not be connected to last: Node's code, or `timeout`. */
  readonly lastCode: string | undefined;
  /** Since a connection was opened or a request answered, ms; Infinity when none was yet. */
  readonly heardMsAgo: number;
  /** Over the route in use: endpoints that cannot be reached, and that take requests without answering. */
  readonly unreachable: readonly string[];
  readonly silent: readonly string[];
}

/**
 * How soon and how often a dead endpoint is tried again. Only bare connections: nothing is ever written to one. While all
 * are dead the shop cannot sell, so the ceiling is short: a connection every two seconds costs nobody anything.
 */
const PROBE_BACKOFF = { floorMs: 250, firstMs: 500, ceilingMs: 2_000 };

/**
 * The acquirer's endpoints over the shop's routes, in order of preference, and what is known of each. Both are chosen
 * before the first byte of a connection and stay for its life: a request never goes on two lines. A dead endpoint costs no
 * sale its connect time-out, since only the probe tries it; a sick one is left alone where there is another.
 */
export class AcquirerLine {
  readonly #options: AcquirerLineOptions;
  readonly #deps: AcquirerLineDeps;
  readonly #paths: AcquirerPaths;
  readonly #routes: RouteSelector;
  readonly #died = new WakeUp();
  #endpoint: string | undefined;
  #lastCode: string | undefined;
  /** ms, monotonic. */
  #heardAt = Number.NEGATIVE_INFINITY;

  constructor(options: AcquirerLineOptions, deps: AcquirerLineDeps) {
    const { routes = [], endpoints, routeRules } = options;
    this.#options = options;
    this.#deps = deps;
    const { clock, onMoved } = deps;
    const probe = async (route: Route, signal: AbortSignal): Promise<boolean> => this.#probe(route, signal);
    this.#routes = new RouteSelector(routes, { clock, probe, onMoved }, routeRules);
    this.#paths = new AcquirerPaths(this.#routes.all, endpoints);
  }

  get isUsable(): boolean {
    return this.#paths.isUsable;
  }

  state(): AcquirerLineState {
    const { active, preferredInstead, all, moves } = this.#routes;
    return {
      route: active.name,
      routePreferred: preferredInstead?.name,
      routes: all.map(({ name }) => name),
      routeMoves: moves,
      endpoint: this.#endpoint,
      isUsable: this.isUsable,
      lastCode: this.#lastCode,
      heardMsAgo: this.#deps.clock.monotonicMs() - this.#heardAt,
      ...this.#paths.troubles(active),
    };
  }

  judgeRoute(route: string, usable: boolean): void {
    this.#routes.take({ type: "verdict", route, usable });
  }

  /** `undefined`: no endpoint could be reached, and nothing was sent to any. */
  async open(signal: AbortSignal): Promise<Opened | undefined> {
    const { clock } = this.#deps;
    for (const path of this.#paths.inOrder(this.#routes.inOrder, clock.monotonicMs())) {
      const socket = await this.#try(path, signal);
      if (socket !== undefined) return this.#opened(path, socket);
      signal.throwIfAborted();
    }
    return undefined;
  }

  /** Tries dead endpoints again, and better routes than the one in use, until the signal fires. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#revive(signal), this.#routes.run(signal)]);
  }

  async #revive(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#deps;
    const seldomMs = this.#options.routeRules?.probeEveryMs ?? ROUTE_RULES.probeEveryMs;
    // Without one that works every other is needed at once.
    const isNeeded = (route: Route): boolean => !this.isUsable || route === this.#routes.active;
    try {
      while (!signal.aborted) {
        await this.#died.wait(60_000, signal);
        for (const delay of backoff(PROBE_BACKOFF, random)) {
          if (this.#paths.dead === 0) break;
          await clock.sleep(delay, signal);
          for (const path of this.#paths.toKnockAt(isNeeded, seldomMs, clock.monotonicMs())) {
            (await this.#try(path, signal))?.destroy();
          }
        }
      }
    } catch (error) {
      if (!isShutdown(error, signal)) throw error;
    }
  }

  #opened(path: Path, socket: Socket): Opened {
    const { clock, log } = this.#deps;
    const endpoint = formatEndpoint(path.endpoint);
    const route = path.route.name;
    const now = clock.monotonicMs();
    const { active } = this.#routes;
    // It works from here, only not over there: nobody waits for a second failure.
    if (path.route !== active && this.#paths.isFit(path, now) && this.#paths.isLost(active, now)) {
      this.#routes.take({ type: "failed", route: active.name, isLost: true });
    }
    if (path.route === this.#routes.active) this.#routes.take({ type: "opened", route });
    this.#endpoint = endpoint;
    const isTrial = this.#paths.used(path, now);
    const report: ExchangeReport = {
      answered: () => {
        this.#heardAt = clock.monotonicMs();
        if (this.#paths.answered(path)) log.info("acquirer.answers", { endpoint, route });
      },
      unanswered: () => {
        if (this.#paths.unanswered(path, clock.monotonicMs())) log.warn("acquirer.silent", { endpoint, route });
      },
      closed: () => {
        if (isTrial) this.#paths.triedOut(path);
      },
    };
    return { socket, endpoint, report };
  }

  async #try(path: Path, signal: AbortSignal): Promise<Socket | undefined> {
    try {
      const socket = await this.#connect(path, signal);
      this.#alive(path);
      return socket;
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
      if (!signal.aborted) this.#failed(path, error);
      return undefined;
    }
  }

  async #connect({ route, endpoint }: Path, signal: AbortSignal): Promise<Socket> {
    const source = sourceNow(route, endpoint);
    if (source === undefined) throw new ConnectError(formatEndpoint(endpoint), "noAddress");
    return connectTcp(endpoint, { ...this.#options.connect, source }, signal);
  }

  /** Whether requests could go over this route again: without sending one. */
  async #probe(route: Route, signal: AbortSignal): Promise<boolean> {
    const now = this.#deps.clock.monotonicMs();
    if (this.#paths.isLost(route, now)) return false;
    const [best] = this.#paths.inOrder([route], now);
    const source = best === undefined ? undefined : sourceNow(route, best.endpoint);
    if (best === undefined || source === undefined) return false;
    return canConnect(best.endpoint, source, this.#options.connect.timeoutMs, signal);
  }

  #alive(path: Path): void {
    this.#heardAt = this.#deps.clock.monotonicMs();
    const wasUsable = this.isUsable;
    const death = this.#paths.alive(path);
    if (death === undefined) return;
    const { clock, log, onUsable } = this.#deps;
    log.info("acquirer.reachable", { ...named(path), downMs: Math.round(clock.monotonicMs() - death.since) });
    if (!wasUsable) onUsable(true);
  }

  #failed(path: Path, { code }: ConnectError): void {
    const { clock, log, onUsable } = this.#deps;
    this.#lastCode = code;
    if (!this.#paths.died(path, code, clock.monotonicMs())) return;
    log.warn("acquirer.unreachable", { ...named(path), code, otherEndpoints: this.#paths.size - this.#paths.dead });
    this.#died.ring();
    if (!this.isUsable) onUsable(false);
  }
}

function sourceNow(route: Route, { host }: Endpoint): Source | undefined {
  return sourceOf(route, host, networkInterfaces());
}

function named({ endpoint, route }: Path): { readonly endpoint: string; readonly route: string } {
  return { endpoint: formatEndpoint(endpoint), route: route.name };
}
