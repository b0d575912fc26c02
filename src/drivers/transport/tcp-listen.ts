import { createServer, type Socket } from "node:net";
import { KEEP_ALIVE_MS } from "./tcp-connect.ts";

export interface ListenOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Connections beyond it are closed at once. */
  readonly maxConnections: number;
}

/**
 * A listening port that can be shut and opened again. While it is shut the kernel refuses, so that a terminal knows before
 * it has sent anything.
 */
export class TcpListener implements AsyncDisposable {
  readonly #server;
  readonly #options: ListenOptions;
  /** Fixed at the first opening, so that port 0 names the same port ever after. */
  #port: number;

  constructor(options: ListenOptions, onConnection: (socket: Socket) => void) {
    this.#options = options;
    this.#port = options.port;
    this.#server = createServer({
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_MS,
    });
    this.#server.maxConnections = options.maxConnections;
    this.#server.on("connection", onConnection);
  }

  get port(): number {
    return this.#port;
  }

  get isOpen(): boolean {
    return this.#server.listening;
  }

  /** @throws the system's error, e.g. EADDRINUSE. */
  async open(): Promise<void> {
    if (this.#server.listening) return;
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ host: this.#options.host, port: this.#port, backlog: 128 }, () => {
        this.#server.removeListener("error", reject);
        resolve();
      });
    });
    const address = this.#server.address();
    if (address !== null && typeof address === "object") this.#port = address.port;
  }

  /** New connections are refused from now on; those that are open go on. */
  shut(): void {
    if (this.#server.listening) this.#server.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.shut();
    this.#server.removeAllListeners("connection");
  }
}

/** An IPv4 peer of a dual-stack socket in its own form. */
export function peerAddress(socket: Socket): string {
  return (socket.remoteAddress ?? "").replace(/^::ffff:/, "");
}
