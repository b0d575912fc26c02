import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { findMosquitto, Mosquitto } from "../../src/sim/hq/mosquitto.ts";

/** @throws Error where mosquitto is not installed. */
export function mosquittoProgram(): string {
  const program = findMosquitto();
  if (program === undefined) throw new Error("this benchmark needs a mosquitto: sh scripts/install-test-tools.sh");
  return program;
}

/** A mosquitto with somebody subscribed to everything, who throws it away: without one a PUBACK says that nobody listens. */
export class ListeningBroker implements AsyncDisposable {
  readonly url: string;
  readonly #broker: Mosquitto;
  readonly #listener: ChildProcess;

  private constructor(broker: Mosquitto, listener: ChildProcess) {
    this.url = `mqtt://127.0.0.1:${broker.port}`;
    this.#broker = broker;
    this.#listener = listener;
  }

  static async start(directory: string, port?: number): Promise<ListeningBroker> {
    const broker = await Mosquitto.start(mosquittoProgram(), {
      directory,
      ...(port === undefined ? {} : { port }),
      lines: ["persistence false"],
    });
    const address = ["-h", "127.0.0.1", "-p", String(broker.port)];
    const listener = spawn("mosquitto_sub", [...address, "-t", "#", "-q", "0", "-F", "%l"], { stdio: "ignore" });
    await once(listener, "spawn");
    return new ListeningBroker(broker, listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.#listener, "exit");
    this.#listener.kill();
    await gone;
    await this.#broker[Symbol.asyncDispose]();
  }
}
