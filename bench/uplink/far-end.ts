import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Mosquitto } from "../../src/sim/hq/mosquitto.ts";
import { mosquittoProgram } from "./listening-broker.ts";

const run = promisify(execFile);
const RECORDS = "tillgate/v1/bench/shop-1/gw-1/+/transaction";
/** A session that the broker keeps while it, or the subscriber, is away. */
const SUBSCRIBER = ["-h", "127.0.0.1", "-c", "-i", "far-end", "-t", RECORDS];

/** Headquarters' broker, which is away at first; whoever comes back to it early finds its subscriber known already. */
export class FarEnd {
  readonly port: number;
  readonly #directory: string;

  private constructor(directory: string, port: number) {
    this.#directory = directory;
    this.port = port;
  }

  static async prepare(directory: string): Promise<FarEnd> {
    await using broker = await Mosquitto.start(mosquittoProgram(), { directory });
    await run("mosquitto_sub", [...SUBSCRIBER, "-p", String(broker.port), "-q", "1", "-E"]);
    return new FarEnd(directory, broker.port);
  }

  /** Comes back, and stays until so many have arrived. @returns ms from the first to the last. */
  async receive(count: number, signal: AbortSignal): Promise<number> {
    const options = { directory: this.#directory, port: this.port };
    await using broker = await Mosquitto.start(mosquittoProgram(), options);
    // QoS 1 kept for it what came early; QoS 0 from now on costs the broker least.
    const args = [...SUBSCRIBER, "-p", String(broker.port), "-q", "0", "-C", String(count), "-F", "%U"];
    const { stdout } = await run("mosquitto_sub", args, { signal });
    const seconds = stdout.trim().split("\n").map(Number);
    return ((seconds.at(-1) ?? Number.NaN) - (seconds[0] ?? Number.NaN)) * 1_000;
  }
}
