import type { GatewayStatus } from "../contract/gateway-status.ts";
import { statusTopic } from "../contract/topics.ts";
import { assertNever } from "../domain/assert-never.ts";
import { backoff } from "../runtime/backoff.ts";
import { type Clock, rfc3339 } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import type { StageObservation } from "../domain/stage.ts";
import type { Route } from "../runtime/route.ts";
import type { RouteSelector } from "../runtime/route-selector.ts";
import { isShutdown, type Task } from "../runtime/task.ts";
import type { Connection, ConnectionOptions, InboundMessage, MqttVersion } from "./connection.ts";
import type { Dial } from "./dial.ts";
import type { Failure } from "./failure.ts";
import type { IdentityWatch } from "./identity-watch.ts";
import { Opening } from "./opening.ts";
import type { UplinkOptions, UplinkTiming } from "./options.ts";

export interface SessionDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  readonly dial: Dial;
  readonly timing: UplinkTiming;
  readonly routes: RouteSelector;
  readonly identity: IdentityWatch;
  readonly onMessage: (message: InboundMessage) => void;
  /**
   * Uses an open connection until it ends or the signal fires. Nothing that the broker does makes it reject.
   *
   * @param session  Names this connection in birth and will.
   */
  readonly serve: (connection: Connection, session: string, signal: AbortSignal) => Promise<void>;
  /** The gateway stops: what is still to be said. */
  readonly sayGoodbye: (connection: Connection, session: string) => Promise<void>;
}

export interface SessionState {
  readonly connected: boolean;
  /** Something of ours was acknowledged, or came back, a short time ago. */
  readonly answers: boolean;
  /** Another gateway uses this one's identity, or did until lately. */
  readonly identityShared: boolean;
  /** Name of the way out of the shop that is in use, and of the one that should be where it is another. */
  readonly route: string;
  readonly routePreferred: string | undefined;
  /** RFC 3339: since when it is so. */
  readonly since: string;
  /** Of the present connection. */
  readonly protocol: MqttVersion | undefined;
  /** Bytes of a packet that the present broker takes; Infinity where it names no limit. */
  readonly maximumPacketSize: number | undefined;
  /** RFC 3339: when the broker answered anything last. */
  readonly lastRoundTripAt: string | undefined;
  /** Without a session: where the last attempt to open one ended, or where the present one is stuck. */
  readonly attempt: StageObservation | undefined;
  readonly lastError: { readonly at: string; readonly kind: Failure["kind"]; readonly reason: string } | undefined;
}

/** A machine that has been up no longer has just got its power back, and so may its neighbours have. ms. */
const FRESH_BOOT_MS = 120_000;

/** Keeps a session with the broker for as long as it runs. Never gives up; each attempt is a new client and socket. */
export class Session implements Task {
  readonly name = "uplink session";
  readonly #options: UplinkOptions;
  readonly #deps: SessionDeps;
  #version: MqttVersion;
  #connection: Connection | undefined;
  /** Fires when new connections go over another route. */
  #rerouted = new AbortController();
  #opening: Opening | undefined;
  /** The attempt before, which failed. */
  #failedOpening: Opening | undefined;
  #changedAt: number;
  #since: string;
  #lastRoundTripAt: string | undefined;
  #lastError: SessionState["lastError"];
  /** Of the present or last session's name. */
  #number = 0;
  #connects = 0;
  #failures = 0;
  #failuresInARow = 0;

  constructor(options: UplinkOptions, deps: SessionDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#version = options.protocol === "3.1.1" ? "3.1.1" : "5";
    this.#since = rfc3339(deps.clock.now());
    this.#changedAt = deps.clock.monotonicMs();
  }

  async run(signal: AbortSignal): Promise<void> {
    let delays = this.#delays();
    let isOtherVersion = false;
    const { clock, random, timing } = this.#deps;
    if (clock.monotonicMs() < FRESH_BOOT_MS) await this.#pause(random() * timing.bootSpreadMs, signal);
    while (!signal.aborted) {
      const { failure, connectedMs } = await this.#once(signal);
      if (signal.aborted) return;
      if (connectedMs >= timing.stableAfterMs) delays = this.#delays();
      // Left for a better route: nothing has failed.
      if (failure === undefined) continue;
      // Refused for its version, the other one is tried at once; refused for that too, nothing is urgent any more.
      isOtherVersion = failure.kind === "version" && this.#options.protocol === "auto" && !isOtherVersion;
      if (failure.kind === "version" && this.#options.protocol === "auto") this.#version = other(this.#version);
      if (isOtherVersion) continue;
      await this.#pause(this.#delayAfter(failure.kind, delays), signal);
    }
  }

  /** The way out of the shop has changed: the present session is left, and the next one goes over the new one. */
  reroute(): void {
    this.#rerouted.abort();
  }

  state(): SessionState {
    const { clock, identity, routes, timing } = this.#deps;
    const heardAt = this.#connection?.heardAt;
    const now = clock.monotonicMs();
    return {
      connected: this.#connection !== undefined,
      answers: this.#connection !== undefined && now - this.#connection.acknowledgedMs < timing.provenForMs,
      identityShared: identity.isShared(now),
      route: routes.active.name,
      routePreferred: routes.preferredInstead?.name,
      since: this.#since,
      protocol: this.#connection?.version,
      maximumPacketSize: this.#connection?.maximumPacketSize,
      lastRoundTripAt: heardAt === undefined ? this.#lastRoundTripAt : rfc3339(heardAt),
      attempt: this.#connection === undefined ? (this.#opening?.fault ?? this.#failedOpening?.fault) : undefined,
      lastError: this.#lastError,
    };
  }

  /** ms until the broker answered a ping; `undefined` without a session, or when it did not within that time. */
  async ping(withinMs: number, signal: AbortSignal): Promise<number | undefined> {
    return this.#connection?.ping(withinMs, signal);
  }

  counters(): Readonly<Record<"connects" | "connectionFailures", number>> {
    return { connects: this.#connects, connectionFailures: this.#failures };
  }

  /** @returns without a failure when the session was left for another route. */
  async #once(signal: AbortSignal): Promise<{ readonly failure: Failure | undefined; readonly connectedMs: number }> {
    const { clock, routes, serve, sayGoodbye, timing } = this.#deps;
    const session = this.#nextSession();
    const { active } = routes;
    const rerouted = new AbortController();
    this.#rerouted = rerouted;
    // Loaded with the first session, mqtt.js keeps no sale waiting while the gateway starts.
    const { Connection } = await import("./connection.ts");
    const opening = new Opening(this.#options.url.startsWith("mqtts:"), () => clock.monotonicMs());
    this.#opening = opening;
    const opened = await Connection.open(this.#connectionOptions(session, active, opening), clock, signal);
    if (!opened.ok) {
      opening.failed(opened.failure);
      this.#failedOpening = opening;
      if (!signal.aborted) this.#noteFailure(opened.failure, "uplink.connect-failed", active);
      return { failure: opened.failure, connectedMs: 0 };
    }
    opening.accepted();
    this.#failedOpening = undefined;
    const { connection } = opened;
    const connectedAt = clock.monotonicMs();
    this.#noteConnected(connection, active);
    const stable = setTimeout(() => routes.take({ type: "stable", route: active.name }), timing.stableAfterMs);
    try {
      await serve(connection, session, AbortSignal.any([signal, rerouted.signal]));
      if (signal.aborted) await sayGoodbye(connection, session);
      else if (rerouted.signal.aborted) await connection.leave(timing.leaveWithinMs);
    } finally {
      clearTimeout(stable);
      connection.drop();
      this.#noteEnded(connection);
    }
    const failure = await connection.ended;
    if (failure !== undefined && !signal.aborted) this.#noteFailure(failure, "uplink.lost", active);
    return { failure, connectedMs: clock.monotonicMs() - connectedAt };
  }

  #connectionOptions(session: string, route: Route, opening: Opening): ConnectionOptions {
    const { address, clientId, username, password, keepaliveS, connectTimeoutMs, pubackDeadlineMs } = this.#options;
    const will: GatewayStatus = { state: "offline", session };
    return {
      dial: () => opening.watch(this.#deps.dial(route)),
      version: this.#version,
      clientId,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      keepaliveS,
      connectTimeoutMs,
      pubackDeadlineMs,
      will: { topic: statusTopic(address), payload: JSON.stringify(will) },
      onMessage: this.#deps.onMessage,
    };
  }

  /** Boot id and a number that grows within a boot, across restarts of the process too: milliseconds since boot. */
  #nextSession(): string {
    const { bootId, monotonicMs } = this.#deps.clock.stamp();
    this.#number = Math.max(this.#number + 1, monotonicMs);
    const session = `${bootId}-${this.#number}`;
    this.#deps.identity.began(session);
    return session;
  }

  #delays(): Generator<number, never> {
    const { retryFloorMs, retryFirstMs, retryCeilingMs } = this.#deps.timing;
    const policy = { floorMs: retryFloorMs, firstMs: retryFirstMs, ceilingMs: retryCeilingMs };
    return backoff(policy, this.#deps.random);
  }

  #delayAfter(kind: Failure["kind"], delays: Generator<number, never>): number {
    const { clock, identity, timing } = this.#deps;
    switch (kind) {
      case "line":
      case "clock": {
        const delay = delays.next().value;
        // Over 3.1.1 a takeover looks like any other end.
        return identity.isShared(clock.monotonicMs()) ? Math.max(delay, this.#takenOverDelay()) : delay;
      }
      case "takenOver":
        return this.#takenOverDelay();
      case "identity":
      case "version":
        // Spread by half, so that gateways which were refused together do not come back together.
        return timing.refusedRetryMs * (0.75 + this.#deps.random() / 2);
      default:
        return assertNever(kind);
    }
  }

  /** Never less: two that push each other out must leave each other time to work. */
  #takenOverDelay(): number {
    return this.#deps.timing.takenOverRetryMs * (1 + this.#deps.random() / 2);
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#deps.clock.sleep(ms, signal);
    } catch (error) {
      if (!isShutdown(error, signal)) throw error;
    }
  }

  #noteConnected(connection: Connection, { name: route }: Route): void {
    this.#connection = connection;
    this.#deps.routes.take({ type: "opened", route });
    this.#connects += 1;
    this.#deps.log.info("uplink.connected", {
      protocol: connection.version,
      route,
      failures: this.#failuresInARow,
      downMs: Math.round(this.#markChange()),
    });
    this.#failuresInARow = 0;
  }

  #noteEnded({ heardAt }: Connection): void {
    this.#connection = undefined;
    if (heardAt !== undefined) this.#lastRoundTripAt = rfc3339(heardAt);
    this.#markChange();
  }

  /** One line for the first failure, then only where somebody has to do something. */
  #noteFailure({ kind, reason }: Failure, event: string, { name: route }: Route): void {
    const { clock, log, identity, routes } = this.#deps;
    this.#failures += 1;
    this.#failuresInARow += 1;
    const isClockAgain = kind === "clock" && this.#lastError?.kind === "clock";
    this.#lastError = { at: rfc3339(clock.now()), kind, reason };
    if (kind === "takenOver") identity.takenOver(clock.monotonicMs());
    // Whoever sits on one of the lines and shows a certificate of his own is passed by over the other.
    if (kind === "line" || kind === "identity") routes.take({ type: "failed", route });
    if (kind === "identity" || (kind === "clock" && !isClockAgain)) log.error("uplink.refused", { reason });
    else if (this.#failuresInARow === 1) log.warn(event, { reason, route });
    else log.debug(event, { reason, route, failures: this.#failuresInARow });
  }

  /** @returns ms since the last change. */
  #markChange(): number {
    const { clock } = this.#deps;
    const before = this.#changedAt;
    this.#changedAt = clock.monotonicMs();
    this.#since = rfc3339(clock.now());
    return this.#changedAt - before;
  }
}

function other(version: MqttVersion): MqttVersion {
  return version === "5" ? "3.1.1" : "5";
}
