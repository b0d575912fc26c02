import { type IClientOptions, MqttClient } from "mqtt";
import { connect } from "node:net";

export interface BrokerLineOptions {
  /** `mqtt://HOST:PORT`. */
  readonly url: string;
  readonly protocol: "5" | "3.1.1";
  readonly clientId: string;
  readonly will: { readonly topic: string; readonly payload: string };
  readonly onMessage: (topic: string, payload: Buffer) => void;
}

/** Messages under way to us at once, so that a drain does not pile up in the broker (MQTT 5, 3.1.2.11.3). */
const RECEIVE_MAXIMUM = 65_535;
/** ms for the broker to accept. */
const CONNECT_TIMEOUT_MS = 5_000;

/** One MQTT connection of headquarters, from CONNECT to its end. */
export class BrokerLine {
  /** Resolves, never rejects, when it is over. */
  readonly ended: Promise<void>;
  readonly #client: MqttClient;
  readonly #will: BrokerLineOptions["will"];
  #isOver = false;

  private constructor(client: MqttClient, will: BrokerLineOptions["will"]) {
    this.#client = client;
    this.#will = will;
    this.ended = new Promise((resolve) => {
      client.once("close", () => {
        this.#isOver = true;
        resolve();
      });
    });
  }

  /** @throws Error when the broker cannot be reached or refuses. */
  static async open(options: BrokerLineOptions): Promise<BrokerLine> {
    const { hostname, port } = new URL(options.url);
    const client = new MqttClient(
      () => connect({ host: hostname, port: Number(port), noDelay: true }),
      clientOptions(options),
    );
    client.on("message", options.onMessage);
    const line = new BrokerLine(client, options.will);
    // What follows an error is the end, and that is all that matters.
    client.on("error", () => line.cut());
    try {
      await new Promise<void>((resolve, reject) => {
        client.once("connect", () => resolve());
        client.once("error", reject);
        client.once("close", () => reject(new Error("the broker closed the connection")));
      });
    } finally {
      if (!client.connected) line.cut();
    }
    return line;
  }

  async subscribe(topics: readonly string[]): Promise<void> {
    await this.#client.subscribeAsync([...topics], { qos: 1 });
  }

  /** After the end it does nothing. */
  publish(topic: string, payload: string, retain = false): void {
    if (this.#isOver) return;
    this.#client.publish(topic, payload, { qos: 1, retain }, () => undefined);
  }

  /** Says the will itself, because the broker does not after a goodbye; cuts the line when that takes longer. */
  async leave(withinMs: number): Promise<void> {
    if (this.#isOver) return;
    const cut = setTimeout(() => this.cut(), withinMs);
    const { topic, payload } = this.#will;
    const said = this.#client.publishAsync(topic, payload, { qos: 1, retain: true });
    await Promise.race([said.catch(() => undefined), this.ended]);
    for (const id of Object.keys(this.#client.outgoing)) this.#client.removeOutgoingMessage(Number(id));
    this.#client.end(false);
    await this.ended;
    clearTimeout(cut);
  }

  /** Ends it without a word, as a crash does. */
  cut(): void {
    this.#isOver = true;
    this.#client.end(true);
  }
}

function clientOptions({ protocol, clientId, will }: BrokerLineOptions): IClientOptions {
  return {
    protocolVersion: protocol === "5" ? 5 : 4,
    clientId,
    clean: true,
    keepalive: 10,
    connectTimeout: CONNECT_TIMEOUT_MS,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    writeCache: false,
    will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: true },
    ...(protocol === "5" ? { properties: { receiveMaximum: RECEIVE_MAXIMUM } } : {}),
  };
}
