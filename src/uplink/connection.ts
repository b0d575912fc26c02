import { type IClientOptions, type IConnackPacket, MqttClient, type Packet } from "mqtt";
import type { Instant } from "../domain/clock.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Secret } from "../runtime/secret.ts";
import type { Dial } from "./dial.ts";
import { connackFailure, disconnectFailure, errorFailure, type Failure } from "./failure.ts";
import { GatheringSocket } from "./gathering-socket.ts";

export type MqttVersion = "5" | "3.1.1";

export interface ConnectionOptions {
  readonly dial: Dial;
  readonly version: MqttVersion;
  readonly clientId: string;
  readonly username?: string;
  readonly password?: Secret;
  readonly keepaliveS: number;
  readonly connectTimeoutMs: number;
  /** A message that the broker does not acknowledge within this ends the connection. */
  readonly pubackDeadlineMs: number;
  /** Retained, QoS 1. */
  readonly will: { readonly topic: string; readonly payload: string };
  readonly onMessage: (message: InboundMessage) => void;
}

export interface InboundMessage {
  readonly topic: string;
  readonly payload: Buffer;
}

export interface OutboundMessage {
  readonly topic: string;
  readonly payload: string | Uint8Array;
  readonly retain: boolean;
  /** Left out over 3.1.1, which has none. */
  readonly properties?: PublishProperties;
}

export interface PublishProperties {
  readonly contentType: string;
  readonly userProperties?: Record<string, string>;
}

/** Bytes of one incoming packet: receipts and statuses are far smaller. */
const MAX_INBOUND_BYTES = 64 * 1024;
/** Incoming QoS 1 messages that the broker may have under way to us. */
const INBOUND_WINDOW = 20;
/** Where the broker names none (MQTT 5, 3.2.2.3.3); packet identifiers end there too. */
const RECEIVE_MAXIMUM = 65_535;
const VERSION_NUMBER = { "5": 5, "3.1.1": 4 } as const;

export type Opened =
  | { readonly ok: true; readonly connection: Connection }
  | { readonly ok: false; readonly failure: Failure };

/**
 * One MQTT session over one socket, from CONNECT to its end; never used again after that. mqtt.js does the packets
 * and the keepalive; it neither reconnects nor stores, because both can lose or hang
 * (MQTT.js 5.16: a late `close` with a message unacknowledged stops its reconnecting for good).
 */
export class Connection {
  readonly version: MqttVersion;
  /** Resolves, never rejects, when it is over; without a failure when that was our own doing. */
  readonly ended: Promise<Failure | undefined>;
  readonly #client: MqttClient;
  readonly #clock: Clock;
  readonly #pubackDeadlineMs: number;
  readonly #watch: NodeJS.Timeout;
  readonly #connected = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<Failure | undefined>();
  /** Of what the broker has not acknowledged: when it went, oldest first. */
  readonly #unacknowledged = new Map<number, number>();
  #sent = 0;
  #isLeaving = false;
  #isOver = false;
  #connack: IConnackPacket | undefined;
  /** Of the PUBACK whose callback comes next: mqtt.js does not hand it to the callback. */
  #reasonCode = 0;
  #heardAt: Instant | undefined;

  /** Resolves when the broker has accepted the session, or has not, or the signal has fired. Never rejects. */
  static async open(options: ConnectionOptions, clock: Clock, signal: AbortSignal): Promise<Opened> {
    let connection: Connection;
    try {
      connection = new Connection(options, clock);
    } catch (error) {
      // Certificates that are no certificates are found out before there is a socket to say so.
      if (error instanceof Error) return { ok: false, failure: errorFailure(error) };
      throw error;
    }
    const stop = (): void => connection.drop();
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    const failure = await Promise.race([connection.#connected.promise, connection.ended]);
    signal.removeEventListener("abort", stop);
    if (!connection.#isOver) return { ok: true, connection };
    return { ok: false, failure: failure ?? { kind: "line", reason: "stopped" } };
  }

  private constructor(options: ConnectionOptions, clock: Clock) {
    this.version = options.version;
    this.ended = this.#ended.promise;
    this.#clock = clock;
    this.#pubackDeadlineMs = options.pubackDeadlineMs;
    const openSocket = (): GatheringSocket => {
      const socket = new GatheringSocket(options.dial(), MAX_INBOUND_BYTES);
      // mqtt.js keeps errors without a code to itself.
      socket.on("error", (error) => this.#fail(error));
      return socket;
    };
    this.#client = new MqttClient(openSocket, clientOptions(options));
    this.#client.on("connect", () => this.#connected.resolve());
    this.#client.on("packetreceive", (packet) => this.#notePacket(packet));
    this.#client.on("message", (topic, payload) => {
      if (!this.#isOver) options.onMessage({ topic, payload });
    });
    this.#client.on("disconnect", ({ reasonCode }) => this.#end(disconnectFailure(reasonCode ?? 0)));
    this.#client.on("error", (error) => this.#fail(error));
    this.#client.on("close", () => this.#end({ kind: "line", reason: "the connection was closed" }));
    this.#watch = setInterval(() => this.#checkDeadline(), options.pubackDeadlineMs / 4);
  }

  /** Messages that may be unacknowledged at once. */
  get receiveMaximum(): number {
    return this.#connack?.properties?.receiveMaximum ?? RECEIVE_MAXIMUM;
  }

  /** Bytes of one packet that the broker takes; no limit where it names none. */
  get maximumPacketSize(): number {
    return this.#connack?.properties?.maximumPacketSize ?? Infinity;
  }

  /** When the broker answered anything last. */
  get heardAt(): Instant | undefined {
    return this.#heardAt;
  }

  /**
   * Sends with QoS 1. After the connection's end it does nothing.
   *
   * @param acknowledged  Called at most once, with the PUBACK's reason code (0 over 3.1.1); not when the connection
   *   ends first.
   */
  publish(message: OutboundMessage, acknowledged: (reasonCode: number) => void): void {
    if (this.#isOver || this.#isLeaving) return;
    const { topic, payload, retain, properties } = message;
    const bytes = typeof payload === "string" ? payload : asBuffer(payload);
    const sent = this.#expectAnswer();
    this.#client.publish(topic, bytes, { qos: 1, retain, ...(properties && { properties }) }, () => {
      if (this.#isOver || this.#isLeaving) return;
      this.#unacknowledged.delete(sent);
      acknowledged(this.#reasonCode);
    });
  }

  /** Resolves without a failure when the broker has granted all of them. Never rejects. */
  async subscribe(topics: readonly string[]): Promise<Failure | undefined> {
    const sent = this.#expectAnswer();
    return new Promise((resolve) => {
      this.#client.subscribe([...topics], { qos: 1 }, (error, _granted, answer) => {
        this.#unacknowledged.delete(sent);
        const reason = `the broker refuses the subscription to ${topics.join(", ")}; see its access rules`;
        if (answer === undefined) resolve({ kind: "line", reason: "the connection was closed" });
        else resolve(error ? { kind: "identity", reason } : undefined);
      });
    });
  }

  /** Says goodbye, so that the broker does not publish the will; cuts the line when that takes longer. */
  async leave(withinMs: number): Promise<void> {
    if (this.#isOver) return;
    this.#isLeaving = true;
    // mqtt.js says goodbye only when nothing is unacknowledged, however long that takes.
    for (const id of Object.keys(this.#client.outgoing)) this.#client.removeOutgoingMessage(Number(id));
    this.#client.end(false);
    const deadline = setTimeout(() => this.drop(), withinMs);
    await this.ended;
    clearTimeout(deadline);
  }

  /** Cuts the line at once. */
  drop(failure?: Failure): void {
    this.#end(failure);
  }

  #expectAnswer(): number {
    this.#sent += 1;
    this.#unacknowledged.set(this.#sent, this.#clock.monotonicMs());
    return this.#sent;
  }

  #notePacket(packet: Packet): void {
    switch (packet.cmd) {
      case "connack":
        this.#connack = packet;
        break;
      case "puback":
        this.#reasonCode = packet.reasonCode ?? 0;
        break;
      case "suback":
      case "pingresp":
        break;
      default:
        return;
    }
    this.#heardAt = this.#clock.now();
  }

  /** Where the broker has said why it refuses, that is the reason, whatever else goes wrong after it. */
  #fail(error: Error): void {
    const code = this.#connack?.reasonCode ?? this.#connack?.returnCode ?? 0;
    this.#end(code === 0 ? errorFailure(error) : connackFailure(code));
  }

  #checkDeadline(): void {
    const [oldest] = this.#unacknowledged.values();
    if (oldest === undefined || this.#clock.monotonicMs() - oldest < this.#pubackDeadlineMs) return;
    this.#end({ kind: "line", reason: `the broker acknowledged nothing for ${this.#pubackDeadlineMs} ms` });
  }

  #end(failure: Failure | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#watch);
    // Whatever the client still does or says after this, nobody waits for it.
    this.#client.end(true);
    this.#ended.resolve(this.#isLeaving ? undefined : failure);
  }
}

function clientOptions(options: ConnectionOptions): IClientOptions {
  const { version, username, password, will } = options;
  return {
    protocolVersion: VERSION_NUMBER[version],
    clientId: options.clientId,
    clean: true,
    keepalive: options.keepaliveS,
    connectTimeout: options.connectTimeoutMs,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    // Its table of all 65,536 packet identifiers as buffers costs 8 MB and gains nothing measurable.
    writeCache: false,
    will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: true },
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password: password.reveal() }),
    ...(version === "5"
      ? { properties: { receiveMaximum: INBOUND_WINDOW, maximumPacketSize: MAX_INBOUND_BYTES } }
      : {}),
  };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
