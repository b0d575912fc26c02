import type { GatewayStatus } from "../contract/gateway-status.ts";
import { statusTopic } from "../contract/topics.ts";
import { backoff } from "../runtime/backoff.ts";
import { type Clock, rfc3339 } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import { isShutdown, type Task } from "../runtime/task.ts";
import { Connection, type ConnectionOptions, type InboundMessage, type MqttVersion } from "./connection.ts";
import type { Dial } from "./dial.ts";
import type { Failure } from "./failure.ts";
import type { UplinkOptions, UplinkTiming } from "./options.ts";

export interface SessionDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  readonly dial: Dial;
  readonly timing: UplinkTiming;
  readonly onMessage: (message: InboundMessage) => void;
  /**
   * Uses an open connection until it ends or the signal fires, then leaves it. Nothing that the broker does
   * makes it reject.
   *
   * @param session  Names this connection in birth and will.
   */
  readonly serve: (connection: Connection, session: string, signal: AbortSignal) => Promise<void>;
}

export interface SessionState {
  readonly connected: boolean;
  /** RFC 3339: since when it is so. */
  readonly since: string;
  /** Of the present connection. */
  readonly protocol: MqttVersion | undefined;
  /** Bytes of a packet that the present broker takes; Infinity where it names no limit. */
  readonly maximumPacketSize: number | undefined;
  /** RFC 3339: when the broker answered anything last. */
  readonly lastRoundTripAt: string | undefined;
  readonly lastError: { readonly at: string; readonly kind: Failure["kind"]; readonly reason: string } | undefined;
}

/** Keeps a session with the broker for as long as it runs. Never gives up; each attempt is a new client and socket. */
export class Session implements Task {
  readonly name = "uplink session";
  readonly #options: UplinkOptions;
  readonly #deps: SessionDeps;
  #version: MqttVersion;
  #connection: Connection | undefined;
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
    while (!signal.aborted) {
      const { failure, connectedMs } = await this.#once(signal);
      if (signal.aborted) return;
      if (connectedMs >= this.#deps.timing.stableAfterMs) delays = this.#delays();
      // Refused for its version, the other one is tried at once; refused for that too, nothing is urgent any more.
      isOtherVersion = failure.kind === "version" && this.#options.protocol === "auto" && !isOtherVersion;
      if (failure.kind === "version" && this.#options.protocol === "auto") this.#version = other(this.#version);
      if (isOtherVersion) continue;
      await this.#pause(failure.kind === "line" ? delays.next().value : this.#slowDelay(), signal);
    }
  }

  state(): SessionState {
    const heardAt = this.#connection?.heardAt;
    return {
      connected: this.#connection !== undefined,
      since: this.#since,
      protocol: this.#connection?.version,
      maximumPacketSize: this.#connection?.maximumPacketSize,
      lastRoundTripAt: heardAt === undefined ? this.#lastRoundTripAt : rfc3339(heardAt),
      lastError: this.#lastError,
    };
  }

  counters(): Readonly<Record<"connects" | "connectionFailures", number>> {
    return { connects: this.#connects, connectionFailures: this.#failures };
  }

  async #once(signal: AbortSignal): Promise<{ readonly failure: Failure; readonly connectedMs: number }> {
    const { clock, serve } = this.#deps;
    const session = this.#nextSession();
    const opened = await Connection.open(this.#connectionOptions(session), clock, signal);
    if (!opened.ok) {
      if (!signal.aborted) this.#noteFailure(opened.failure, "uplink.connect-failed");
      return { failure: opened.failure, connectedMs: 0 };
    }
    const { connection } = opened;
    const connectedAt = clock.monotonicMs();
    this.#noteConnected(connection);
    try {
      await serve(connection, session, signal);
    } finally {
      connection.drop();
      this.#noteEnded(connection);
    }
    const failure = (await connection.ended) ?? { kind: "line", reason: "left" };
    if (!signal.aborted) this.#noteFailure(failure, "uplink.lost");
    return { failure, connectedMs: clock.monotonicMs() - connectedAt };
  }

  #connectionOptions(session: string): ConnectionOptions {
    const { address, clientId, username, password, keepaliveS, connectTimeoutMs, pubackDeadlineMs } = this.#options;
    const will: GatewayStatus = { state: "offline", session };
    return {
      dial: this.#deps.dial,
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
    return `${bootId}-${this.#number}`;
  }

  #delays(): Generator<number, never> {
    const { retryFloorMs, retryFirstMs, retryCeilingMs } = this.#deps.timing;
    const policy = { floorMs: retryFloorMs, firstMs: retryFirstMs, ceilingMs: retryCeilingMs };
    return backoff(policy, this.#deps.random);
  }

  /** Spread by half, so that gateways which were refused together do not come back together. */
  #slowDelay(): number {
    return this.#deps.timing.refusedRetryMs * (0.75 + this.#deps.random() / 2);
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#deps.clock.sleep(ms, signal);
    } catch (error) {
      if (!isShutdown(error, signal)) throw error;
    }
  }

  #noteConnected(connection: Connection): void {
    this.#connection = connection;
    this.#connects += 1;
    this.#deps.log.info("uplink.connected", {
      protocol: connection.version,
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
  #noteFailure({ kind, reason }: Failure, event: string): void {
    const { clock, log } = this.#deps;
    this.#failures += 1;
    this.#failuresInARow += 1;
    this.#lastError = { at: rfc3339(clock.now()), kind, reason };
    if (kind === "identity") log.error("uplink.refused", { reason });
    else if (this.#failuresInARow === 1) log.warn(event, { reason });
    else log.debug(event, { reason, failures: this.#failuresInARow });
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
