import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { FrameFault, type WireFraming, WireFrames } from "../acquirer/frames.ts";
import { readWire, WireMessage } from "../acquirer/wire.ts";

/**
 * How long a connection lasts: for one request and its answer; for all that one operation at the terminal asks
 * (reversal first, then the sale); or as long as it holds, kept alive by echoes (reference 1.1).
 */
export type LineUse = "request" | "operation" | "long";

/** PEM. */
export interface TerminalTls {
  readonly ca: string;
  readonly key?: string;
  readonly cert?: string;
  /** Name that the certificate must bear. Default: the host's address. */
  readonly servername?: string;
}

export interface LineOptions {
  readonly host: string;
  readonly port: number;
  readonly framing: WireFraming;
  readonly tls?: TerminalTls;
  /** The terminal's own address, so that one machine can play several, e.g. 127.0.0.2. */
  readonly localAddress?: string;
  readonly connectMs: number;
  readonly receiveMs: number;
}

/** What became of one request on the wire. `notSent`: not one byte of it left. */
export type Exchange =
  | { readonly kind: "answered"; readonly message: WireMessage }
  | { readonly kind: "notSent"; readonly reason: string }
  | { readonly kind: "noAnswer"; readonly reason: "timeout" | "closed" }
  | { readonly kind: "powerCut" };

interface Waiter {
  readonly isAnswer: (message: WireMessage) => boolean;
  readonly done: (exchange: Exchange) => void;
}

interface Connection {
  readonly socket: Socket;
  readonly frames: WireFrames;
}

/** The terminal's end of the wire: at most one connection, at most one request at a time. */
export class TerminalLine {
  readonly #options: LineOptions;
  #connection: Connection | undefined;
  #waiter: Waiter | undefined;
  /** Since start. */
  connections = 0;
  /** Messages that nobody waited for: late, doubled, for another terminal, or unreadable. */
  ignored = 0;

  constructor(options: LineOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#connection !== undefined;
  }

  /**
   * Sends one request and waits for its answer for `receiveMs`. Connects first where there is no connection.
   *
   * @param beforeSend  Called when the connection stands and before the first byte goes out.
   */
  async exchange(
    frame: Buffer,
    isAnswer: Waiter["isAnswer"],
    beforeSend: () => void,
    power: AbortSignal,
  ): Promise<Exchange> {
    const connection = this.#connection ?? (await this.#open(power));
    if (power.aborted) {
      this.hangUp();
      return { kind: "powerCut" };
    }
    if (typeof connection === "string") return { kind: "notSent", reason: connection };
    beforeSend();
    return this.#ask(connection.socket, frame, isAnswer, power);
  }

  hangUp(): void {
    this.#connection?.socket.destroy();
    this.#connection = undefined;
  }

  async #ask(socket: Socket, frame: Buffer, isAnswer: Waiter["isAnswer"], power: AbortSignal): Promise<Exchange> {
    const answered = Promise.withResolvers<Exchange>();
    const timer = setTimeout(() => answered.resolve({ kind: "noAnswer", reason: "timeout" }), this.#options.receiveMs);
    const onCut = (): void => {
      this.hangUp();
      answered.resolve({ kind: "powerCut" });
    };
    power.addEventListener("abort", onCut, { once: true });
    this.#waiter = { isAnswer, done: answered.resolve };
    socket.write(frame);
    try {
      return await answered.promise;
    } finally {
      this.#waiter = undefined;
      clearTimeout(timer);
      power.removeEventListener("abort", onCut);
    }
  }

  /** @returns why there is no connection, when there is none. */
  async #open(power: AbortSignal): Promise<Connection | string> {
    const { host, port, tls, localAddress, connectMs } = this.#options;
    const where = { host, port, ...(localAddress === undefined ? {} : { localAddress }) };
    const socket =
      tls === undefined
        ? connect(where)
        : connectTls({ ...where, ...(isIP(host) === 0 ? { servername: host } : {}), ...tls });
    const reached = Promise.withResolvers<string | undefined>();
    const timer = setTimeout(() => reached.resolve("connect time-out"), connectMs);
    const onCut = (): void => reached.resolve("power cut");
    power.addEventListener("abort", onCut, { once: true });
    socket.once(tls === undefined ? "connect" : "secureConnect", () => reached.resolve(undefined));
    socket.on("error", (error: NodeJS.ErrnoException) => reached.resolve(error.code ?? error.message));
    socket.once("close", () => reached.resolve("closed"));
    const failure = await reached.promise;
    clearTimeout(timer);
    power.removeEventListener("abort", onCut);
    if (failure !== undefined) {
      socket.destroy();
      return failure;
    }
    return this.#adopt(socket);
  }

  #adopt(socket: Socket): Connection {
    const connection = { socket, frames: new WireFrames(this.#options.framing) };
    this.connections += 1;
    this.#connection = connection;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#hear(connection, chunk));
    socket.once("close", () => {
      if (this.#connection !== connection) return;
      this.#connection = undefined;
      this.#waiter?.done({ kind: "noAnswer", reason: "closed" });
    });
    return connection;
  }

  #hear({ socket, frames }: Connection, chunk: Buffer): void {
    try {
      for (const frame of frames.push(chunk)) this.#take(frame);
    } catch (error) {
      if (!(error instanceof FrameFault)) throw error;
      this.ignored += 1;
      socket.destroy();
    }
  }

  #take(frame: Buffer): void {
    const message = readWire(frame, this.#options.framing);
    const waiter = this.#waiter;
    if (message instanceof WireMessage && waiter?.isAnswer(message) === true) {
      this.#waiter = undefined;
      waiter.done({ kind: "answered", message });
    } else {
      this.ignored += 1;
    }
  }
}
