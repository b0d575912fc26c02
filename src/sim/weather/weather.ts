import { connect, createServer, type Server, type Socket } from "node:net";
import { resetSocket } from "../reset.ts";
import { seededRandom } from "../seeded-random.ts";
import { type Conditions, type Direction, isPassable } from "./conditions.ts";
import { Lane } from "./lane.ts";

export interface WeatherOptions {
  readonly target: { readonly host: string; readonly port: number };
  /** Address to listen on. Default 127.0.0.1. */
  readonly host?: string;
  /** 0 (the default) picks a free port. */
  readonly port?: number;
  /** Jitter and losses are the same for the same seed and the same order of connections. Default 1. */
  readonly seed?: number;
  /** Default clear. */
  readonly conditions?: Conditions;
}

export interface WeatherTraffic {
  readonly open: number;
  /** Since start, refused ones included. */
  readonly accepted: number;
  readonly bytesToTarget: number;
  readonly bytesToClient: number;
}

/** A line with weather on it. Disposing it resets every connection and frees the port. */
export interface Weather extends AsyncDisposable {
  readonly host: string;
  /** Stays the same when the line is cut and mended. */
  readonly port: number;
  /** In force when this resolves. Changes are made one after the other. */
  set(conditions: Conditions): Promise<void>;
  conditions(): Conditions;
  traffic(): WeatherTraffic;
}

/** Puts a line between whoever connects to `port` and the target. Listens when this resolves. */
export async function startWeather(options: WeatherOptions): Promise<Weather> {
  const line = new WeatherLine(options);
  await line.open();
  return line;
}

interface Pair {
  readonly wake: () => void;
  readonly reset: () => void;
}

class WeatherLine implements Weather {
  readonly host: string;
  readonly #target: WeatherOptions["target"];
  readonly #seed: number;
  readonly #pairs = new Set<Pair>();
  readonly #bytes: Record<Direction, number> = { toTarget: 0, toClient: 0 };
  #port: number;
  #conditions: Conditions;
  #server: Server | undefined;
  #accepted = 0;
  #changing: Promise<void> = Promise.resolve();

  constructor(options: WeatherOptions) {
    this.host = options.host ?? "127.0.0.1";
    this.#port = options.port ?? 0;
    this.#target = options.target;
    this.#seed = options.seed ?? 1;
    this.#conditions = options.conditions ?? { kind: "clear" };
  }

  get port(): number {
    return this.#port;
  }

  async open(): Promise<void> {
    const wanted = this.#conditions;
    // Even a line that begins cut needs a port of its own first.
    await this.#listen();
    if (wanted.kind === "cut") await this.#unlisten();
  }

  async set(conditions: Conditions): Promise<void> {
    const before = this.#changing;
    this.#changing = (async () => {
      // Whether the change before worked is told to whoever asked for it.
      await Promise.allSettled([before]);
      await this.#change(conditions);
    })();
    await this.#changing;
  }

  conditions(): Conditions {
    return this.#conditions;
  }

  traffic(): WeatherTraffic {
    return {
      open: this.#pairs.size,
      accepted: this.#accepted,
      bytesToTarget: this.#bytes.toTarget,
      bytesToClient: this.#bytes.toClient,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.set({ kind: "cut" });
  }

  async #change(conditions: Conditions): Promise<void> {
    this.#conditions = conditions;
    if (conditions.kind === "cut") {
      for (const pair of this.#pairs) pair.reset();
      await this.#unlisten();
      return;
    }
    if (this.#server === undefined) await this.#listen();
    for (const pair of this.#pairs) pair.wake();
  }

  async #listen(): Promise<void> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    server.on("connection", (socket: Socket) => this.#accept(socket));
    const bound = Promise.withResolvers<void>();
    server.once("error", bound.reject);
    server.listen({ host: this.host, port: this.#port, backlog: 512 }, bound.resolve);
    await bound.promise;
    const address = server.address();
    if (address !== null && typeof address === "object") this.#port = address.port;
    this.#server = server;
  }

  async #unlisten(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
  }

  #accept(client: Socket): void {
    this.#accepted += 1;
    if (this.#conditions.kind === "refuse" || this.#conditions.kind === "cut") {
      client.on("error", () => client.destroy());
      resetSocket(client);
      return;
    }
    const pair = this.#join(client, this.#seed + this.#accepted);
    this.#pairs.add(pair);
    pair.wake();
  }

  /** The far side is only called when the weather lets a SYN through. */
  #join(client: Socket, seed: number): Pair {
    const random = seededRandom(seed);
    const conditions = (): Conditions => this.#conditions;
    let upstream: Socket | undefined;
    const lanes: Lane[] = [];
    const breakOff = (): void => {
      client.end(() => client.destroy());
      upstream?.end(() => upstream?.destroy());
    };
    const lane = (source: Socket, sink: Socket, direction: Direction): Lane => {
      const passed = (bytes: number): void => {
        this.#bytes[direction] += bytes;
      };
      return new Lane({ source, sink, direction, conditions, random, passed, breakOff });
    };
    // What one end does must not be seen at the other in a black hole: each is closed by its own lane.
    const forget = (): void => {
      if (client.destroyed && upstream?.destroyed !== false) this.#pairs.delete(pair);
    };
    const wake = (): void => {
      if (upstream === undefined && !client.destroyed && isPassable(conditions(), "toTarget")) {
        upstream = connect({ ...this.#target, allowHalfOpen: true });
        upstream.setNoDelay(true);
        lanes.push(lane(client, upstream, "toTarget"), lane(upstream, client, "toClient"));
        upstream.once("connect", wake);
        upstream.once("close", forget);
      }
      for (const each of lanes) each.wake();
    };
    client.setNoDelay(true);
    client.on("error", () => client.destroy());
    const reset = (): void => {
      resetSocket(client);
      if (upstream !== undefined) resetSocket(upstream);
    };
    client.once("close", forget);
    const pair = { wake, reset };
    return pair;
  }
}
