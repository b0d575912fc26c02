import { connect } from "node:net";
import { MqttClient } from "mqtt";
import {
  type Asked,
  connack,
  CONNECT,
  PUBLISH,
  publish,
  published,
  ScriptedBroker,
  suback,
  SUBSCRIBE,
} from "./scripted-broker.ts";

const PINGREQ = 12;
const DISCONNECT = 14;
const PINGRESP = Buffer.from([0xd0, 0]);

/** A record that the gateway has sent, and what can be done with it. */
export interface SentRecord {
  /** Packet identifier. */
  readonly id: number;
  /** From 1, over all connections. */
  readonly count: number;
  /** Gives it to headquarters; resolves when the real broker has it. */
  forward(): Promise<void>;
  acknowledge(reasonCode?: number): void;
  say(bytes: Buffer): void;
  close(): void;
}

export type Mischief = (record: SentRecord) => Promise<void> | void;

/** As a broker should: what is acknowledged is delivered. */
const behave: Mischief = async (record) => {
  await record.forward();
  record.acknowledge();
};

/**
 * Stands before a real broker and speaks MQTT 5 with one gateway. What the gateway says of itself passes; what becomes of
 * its records is up to the test.
 */
export class WrongBroker implements AsyncDisposable {
  /** Properties of its CONNACK, as bytes (MQTT 5, 3.2.2.3), from the next connection on. */
  properties: readonly number[] = [];
  /** What follows the CONNACK, from the next connection on. */
  greeting: Buffer = Buffer.alloc(0);
  readonly #opened = new AsyncDisposableStack();
  readonly #upstream: MqttClient;
  readonly #underWay = new Set<number>();
  #mischief: Mischief = behave;
  #gateway: Asked | undefined;
  #url = "";
  #records = 0;
  #mostUnderWay = 0;
  #pings = 0;

  private constructor(upstream: MqttClient) {
    this.#upstream = upstream;
    upstream.on("message", (topic, payload) => this.#gateway?.say(publish(topic, payload)));
    this.#opened.defer(async () => upstream.endAsync(true));
  }

  /** @param port  Of the real broker. */
  static async before(port: number): Promise<WrongBroker> {
    const upstream = new MqttClient(() => connect(port, "127.0.0.1"), { protocolVersion: 5, reconnectPeriod: 0 });
    const broker = new WrongBroker(upstream);
    await new Promise<void>((resolve, reject) => {
      upstream.once("connect", () => resolve());
      upstream.once("error", reject);
    });
    const scripted = broker.#opened.use(await ScriptedBroker.listen((asked) => broker.#answer(asked)));
    broker.#url = scripted.url;
    return broker;
  }

  get url(): string {
    return this.#url;
  }

  /** Records that came, those that came again included. */
  get records(): number {
    return this.#records;
  }

  /** The most packets that were unacknowledged at once in a connection. */
  get mostUnderWay(): number {
    return this.#mostUnderWay;
  }

  /** Keep-alives that came. */
  get pings(): number {
    return this.#pings;
  }

  misbehave(mischief: Mischief): void {
    this.#mischief = mischief;
  }

  behave(): void {
    this.#mischief = behave;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened.disposeAsync();
  }

  #answer(asked: Asked): void {
    switch (asked.type) {
      case CONNECT:
        this.#gateway = asked;
        this.#underWay.clear();
        asked.say(Buffer.concat([connack(...this.properties), this.greeting]));
        break;
      case SUBSCRIBE: {
        const topics = topicsOf(asked.body);
        this.#upstream.subscribe(topics, { qos: 1 }, () => asked.say(suback(asked.body, ...topics.map(() => 1))));
        break;
      }
      case PUBLISH:
        this.#take(asked);
        break;
      case PINGREQ:
        this.#pings += 1;
        asked.say(PINGRESP);
        break;
      case DISCONNECT:
        asked.close();
        break;
      default:
        break;
    }
  }

  #take(asked: Asked): void {
    const { topic, id, payload } = published(asked.body);
    this.#underWay.add(id);
    this.#mostUnderWay = Math.max(this.#mostUnderWay, this.#underWay.size);
    const isRecord = topic.includes("/records/") || topic.includes("/replay/");
    if (isRecord) this.#records += 1;
    const forward = async (): Promise<void> => {
      const retain = !isRecord && !topic.endsWith("/echo");
      await this.#upstream.publishAsync(topic, payload, { qos: 1, retain });
    };
    const { say, close } = asked;
    const acknowledge = (reasonCode = 0): void => {
      this.#underWay.delete(id);
      say(pubackWith(id, reasonCode));
    };
    const mischief = isRecord ? this.#mischief : behave;
    void mischief({ id, count: this.#records, forward, acknowledge, say, close });
  }
}

/** PUBACK of MQTT 5 with a reason code. */
export function pubackWith(id: number, reasonCode: number): Buffer {
  return Buffer.from([0x40, 3, id >> 8, id & 0xff, reasonCode]);
}

/** DISCONNECT of MQTT 5 with a reason code. */
export function disconnect(reasonCode: number): Buffer {
  return Buffer.from([0xe0, 1, reasonCode]);
}

/** MQTT 5, 3.8.3: without properties, as tillgate subscribes. */
function topicsOf(subscribe: Buffer): string[] {
  const topics: string[] = [];
  for (let at = 3 + subscribe.readUInt8(2); at < subscribe.length;) {
    const end = at + 2 + subscribe.readUInt16BE(at);
    topics.push(subscribe.toString("utf8", at + 2, end));
    at = end + 1;
  }
  return topics;
}
