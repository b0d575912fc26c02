import { type IClientOptions, type IConnackPacket, MqttClient, type Packet } from "mqtt";
import type { Instant } from "../domain/clock.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Secret } from "../runtime/secret.ts";
import type { BrokerSocket } from "./dial.ts";
import {
  CLOSED_BY_BROKER,
  connackFailure,
  disconnectFailure,
  errorFailure,
  type Failure,
  QOS_0_ONLY,
} from "./failure.ts";
import { GatheringSocket } from "./gathering-socket.ts";
import { encodePublishHead } from "./publish-packet.ts";

export type MqttVersion = "5" | "3.1.1";

export interface ConnectionOptions {
  /** @throws Error where there is nothing to dial with. */
  readonly dial: () => BrokerSocket;
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
  /** As `encodeProperties` makes them. Left out over 3.1.1, which has none. */
  readonly properties: Uint8Array;
}

/**
 * `ahead`: before everything that waits for the broker. For what is small, rare and worth nothing late: the gateway's
 * state. `inTurn`: in the order of the calls.
 */
export type Precedence = "ahead" | "inTurn";

interface Held {
  readonly message: OutboundMessage;
  readonly acknowledged: (reasonCode: number) => void;
}

interface Unacknowledged {
  /** In which period of the watch: a number that costs nothing where a clock would be read for each message. */
  readonly sentIn: number;
  readonly acknowledged: (reasonCode: number) => void;
}

/** Bytes of one incoming packet: receipts and statuses are far smaller. */
const MAX_INBOUND_BYTES = 64 * 1024;
/** Incoming QoS 1 messages that the broker may have under way to us. */
const INBOUND_WINDOW = 20;
/** Where the broker names none (MQTT 5, 3.2.2.3.3). */
const RECEIVE_MAXIMUM = 65_535;
const LAST_PACKET_ID = 65_535;
/** The PUBACK deadline is kept to within one of these parts of it. */
const PERIODS = 4;
/** SUBACK codes from here on are refusals (MQTT 5, 3.9.3; 3.1.1, 3.9.3). */
const FIRST_REFUSAL = 0x80;
const NO_PROPERTIES = new Uint8Array(0);
/** The whole packet (MQTT 5, 3.12). */
const PINGREQ = Uint8Array.of(0xc0, 0);
const VERSION_NUMBER = { "5": 5, "3.1.1": 4 } as const;

export type Subscribed =
  /** Topics that the broker does not let us hear. */
  { readonly ok: true; readonly refused: readonly string[] } | { readonly ok: false; readonly failure: Failure };

export type Opened =
  | { readonly ok: true; readonly connection: Connection }
  | { readonly ok: false; readonly failure: Failure };

/**
 * One MQTT session over one socket, from CONNECT to its end; never used again after that. mqtt.js opens and ends it,
 * subscribes, receives and keeps it alive; it neither reconnects nor stores, because both can lose or hang
 * (MQTT.js 5.16: a late `close` with a message unacknowledged stops its reconnecting for good). What we publish goes
 * past it, straight to the socket.
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
  /** By packet identifier, oldest first. */
  readonly #unacknowledged = new Map<number, Unacknowledged>();
  readonly #held: Readonly<Record<Precedence, Held[]>> = { ahead: [], inTurn: [] };
  #socket: GatheringSocket | undefined;
  #lastId = 0;
  #period = 0;
  #isLeaving = false;
  #isOver = false;
  #connack: IConnackPacket | undefined;
  #heardAt: Instant | undefined;
  /** Who waits for the next PINGRESP. */
  #pinged: (() => void) | undefined;
  /** In which period of the watch, as with what is unacknowledged. */
  #acknowledgedIn = -1;
  #acknowledgedMs: number;

  /** Resolves when the broker has accepted the session, or has not, or the signal has fired. Never rejects. */
  static async open(options: ConnectionOptions, clock: Clock, signal: AbortSignal): Promise<Opened> {
    let connection: Connection;
    try {
      connection = new Connection(options, clock);
    } catch (error) {
      // Certificates that are no certificates are found out before there is a socket to say so.
      if (error instanceof Error) return { ok: false, failure: errorFailure(error, clock.stamp().synced) };
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
    this.#acknowledgedMs = clock.monotonicMs();
    this.#pubackDeadlineMs = options.pubackDeadlineMs;
    const openSocket = (): GatheringSocket => {
      const socket = new GatheringSocket(options.dial(), {
        maxPacketBytes: MAX_INBOUND_BYTES,
        onPuback: (id, reasonCode) => this.#takePuback(id, reasonCode),
      });
      // mqtt.js keeps errors without a code to itself.
      socket.on("error", (error) => this.#fail(error));
      this.#socket = socket;
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
    this.#client.on("close", () => this.#end(CLOSED_BY_BROKER));
    this.#watch = setInterval(() => this.#checkDeadline(), options.pubackDeadlineMs / PERIODS);
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
   * ms, monotonic, to within a quarter of the PUBACK deadline: when a message of ours was acknowledged or came back last;
   * when it was opened, before the first.
   */
  get acknowledgedMs(): number {
    return this.#acknowledgedMs;
  }

  /** A message of ours has come back by way of the broker. */
  cameBack(): void {
    this.#acknowledgedIn = this.#period;
  }

  /**
   * Sends with QoS 1; holds back what goes beyond `receiveMaximum`, which a broker may punish (MQTT 5, 3.2.2.3.3).
   * How much may wait here is for the caller to bound. After the connection's end it does nothing.
   *
   * @param acknowledged  Called at most once, with the PUBACK's reason code (0 over 3.1.1); not when the connection
   *   ends first.
   */
  publish(
    message: OutboundMessage,
    acknowledged: (reasonCode: number) => void,
    precedence: Precedence = "inTurn",
  ): void {
    if (this.#isOver || this.#isLeaving) return;
    if (this.#unacknowledged.size < this.receiveMaximum) this.#send(message, acknowledged);
    else this.#held[precedence].push({ message, acknowledged });
  }

  /**
   * Resolves when the broker has answered, or will not. Never rejects. Not while anything published is unacknowledged:
   * mqtt.js chooses the packet identifier.
   */
  async subscribe(topics: readonly string[]): Promise<Subscribed> {
    return new Promise((resolve) => {
      const fail = (reason: string): void => {
        clearTimeout(deadline);
        resolve({ ok: false, failure: { kind: "line", reason } });
      };
      const deadline = setTimeout(() => {
        fail(`the broker granted nothing for ${this.#pubackDeadlineMs} ms`);
      }, this.#pubackDeadlineMs);
      void this.ended.then(() => fail("the connection was closed"));
      this.#client.subscribe([...topics], { qos: 1 }, (_error, _asked, answer) => {
        clearTimeout(deadline);
        if (answer === undefined) {
          fail("the connection was closed");
          return;
        }
        const codes = answer.granted.map(Number);
        if (codes.length === topics.length) {
          resolve({ ok: true, refused: topics.filter((_, index) => (codes[index] ?? 0) >= FIRST_REFUSAL) });
        } else {
          fail(`the broker answers a subscription to ${topics.length} topics with ${codes.length} codes`);
        }
      });
    });
  }

  /**
   * Asks the broker for a sign of life, beside those that keep the connection alive. One at a time.
   *
   * @returns ms until it came; `undefined` when it did not come in time, the connection ended or the signal fired.
   */
  async ping(withinMs: number, signal: AbortSignal): Promise<number | undefined> {
    if (this.#isOver || this.#isLeaving || this.#socket === undefined) return undefined;
    const begun = this.#clock.monotonicMs();
    const answered = Promise.withResolvers<boolean>();
    const deadline = setTimeout(() => answered.resolve(false), withinMs);
    this.#pinged = () => answered.resolve(true);
    this.#socket.gather(PINGREQ, "");
    const isAnswered = await Promise.race([answered.promise, this.endedOr(signal).then(() => false)]);
    clearTimeout(deadline);
    this.#pinged = undefined;
    return isAnswered ? this.#clock.monotonicMs() - begun : undefined;
  }

  /** Resolves when it is over, or the signal has fired. */
  async endedOr(signal: AbortSignal): Promise<void> {
    const stopped = Promise.withResolvers<void>();
    const stop = (): void => stopped.resolve();
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    await Promise.race([this.ended, stopped.promise]);
    signal.removeEventListener("abort", stop);
  }

  /** Calls `work` every `ms` until it is over or the signal has fired. `work` must not throw. */
  async every(ms: number, signal: AbortSignal, work: () => void): Promise<void> {
    const ticking = setInterval(work, ms);
    await this.endedOr(signal);
    clearInterval(ticking);
  }

  /** Says goodbye, so that the broker does not publish the will; cuts the line when that takes longer. */
  async leave(withinMs: number): Promise<void> {
    if (this.#isOver) return;
    this.#isLeaving = true;
    this.#client.end(false);
    const deadline = setTimeout(() => this.drop(), withinMs);
    await this.ended;
    clearTimeout(deadline);
  }

  /** Cuts the line at once. */
  drop(failure?: Failure): void {
    this.#end(failure);
  }

  #send({ topic, payload, retain, properties }: OutboundMessage, acknowledged: (reasonCode: number) => void): void {
    const id = this.#freeId();
    const about = { topic, retain, properties: this.version === "5" ? properties : NO_PROPERTIES };
    this.#unacknowledged.set(id, { sentIn: this.#period, acknowledged });
    this.#socket?.gather(encodePublishHead(about, id, Buffer.byteLength(payload)), payload);
  }

  #freeId(): number {
    do this.#lastId = (this.#lastId % LAST_PACKET_ID) + 1;
    while (this.#unacknowledged.has(this.#lastId));
    return this.#lastId;
  }

  #takePuback(id: number, reasonCode: number): void {
    const sent = this.#unacknowledged.get(id);
    if (sent === undefined || this.#isOver || this.#isLeaving) return;
    this.#unacknowledged.delete(id);
    this.#heardAt = this.#clock.now();
    this.#acknowledgedIn = this.#period;
    const next = this.#held.ahead.shift() ?? this.#held.inTurn.shift();
    if (next !== undefined) this.#send(next.message, next.acknowledged);
    sent.acknowledged(reasonCode);
  }

  #notePacket(packet: Packet): void {
    switch (packet.cmd) {
      case "connack":
        // A second one is a protocol error (MQTT 5, 3.2), and would change the limits under way.
        if (this.#connack !== undefined) this.#end({ kind: "line", reason: "the broker answered CONNECT twice" });
        else this.#connack = packet;
        if (packet.properties?.maximumQoS === 0) this.#end(QOS_0_ONLY);
        break;
      case "suback":
        break;
      case "pingresp":
        this.#pinged?.();
        break;
      default:
        return;
    }
    this.#heardAt = this.#clock.now();
  }

  /** Where the broker has said why it refuses, that is the reason, whatever else goes wrong after it. */
  #fail(error: Error): void {
    const code = this.#connack?.reasonCode ?? this.#connack?.returnCode ?? 0;
    this.#end(code === 0 ? errorFailure(error, this.#clock.stamp().synced) : connackFailure(code));
  }

  /** Once a period: a message that has seen so many of them begin is too old. */
  #checkDeadline(): void {
    if (this.#acknowledgedIn === this.#period) this.#acknowledgedMs = this.#clock.monotonicMs();
    this.#period += 1;
    const [oldest] = this.#unacknowledged.values();
    if (oldest === undefined || this.#period - oldest.sentIn <= PERIODS) return;
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
