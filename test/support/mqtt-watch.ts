import { MqttClient } from "mqtt";
import { connect } from "node:net";

/** Somebody else at the broker, who counts what passes there. */
export class MqttWatch implements AsyncDisposable {
  readonly #client: MqttClient;
  readonly #topics = new Map<string, number>();

  private constructor(client: MqttClient) {
    this.#client = client;
    client.on("error", () => undefined);
    client.on("message", (topic) => this.#topics.set(topic, (this.#topics.get(topic) ?? 0) + 1));
  }

  /** @throws Error when the broker on that port of this machine does not let us in. */
  static async open(port: number): Promise<MqttWatch> {
    const client = new MqttClient(() => connect(port, "127.0.0.1"), { protocolVersion: 5, reconnectPeriod: 0 });
    const watch = new MqttWatch(client);
    await new Promise<void>((resolve, reject) => {
      client.once("connect", () => resolve());
      client.once("close", () => reject(new Error("the broker closed the connection")));
    });
    await client.subscribeAsync("#", { qos: 1 });
    return watch;
  }

  /** Messages on topics that end so. */
  count(suffix: string): number {
    let sum = 0;
    for (const [topic, messages] of this.#topics) if (topic.endsWith(suffix)) sum += messages;
    return sum;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.endAsync(true);
  }
}
