import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** Bytes that wait before the narrow place; beyond it senders feel TCP's own back-pressure, as with a modem's large buffer. */
const MOST_WAITING = 256 * 1024;
/** As a packet: what another connection can have before one's own bytes. */
const PIECE = 1_460;

interface Waiting {
  readonly bytes: Buffer;
  readonly source: Socket;
  readonly sink: Socket;
}

/**
 * A shop's line out: several connections share its upward direction, first come, first served, at so many bytes a second. What
 * one of them has under way, all others wait for.
 */
export class NarrowLine implements AsyncDisposable {
  readonly #bytesPerSecond: number;
  readonly #queue: Waiting[] = [];
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  #waiting = 0;
  #freeAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(bytesPerSecond: number) {
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** @returns the port that leads to `port` of this machine over the line. */
  async to(port: number): Promise<number> {
    const server = createServer((client) => {
      const target = connect(port, "127.0.0.1");
      for (const socket of [client, target]) {
        this.#sockets.add(socket);
        socket.setNoDelay(true);
        socket.on("error", () => socket.destroy());
        socket.on("close", () => {
          this.#sockets.delete(socket);
          (socket === client ? target : client).destroy();
        });
      }
      target.pipe(client);
      client.on("data", (bytes) => this.#take(bytes, client, target));
    });
    this.#servers.push(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    const closed = this.#servers.map(async (server) => once(server, "close"));
    for (const server of this.#servers) server.close();
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closed);
  }

  #take(bytes: Buffer, source: Socket, sink: Socket): void {
    for (let at = 0; at < bytes.length; at += PIECE) {
      this.#queue.push({ bytes: bytes.subarray(at, at + PIECE), source, sink });
    }
    this.#waiting += bytes.length;
    if (this.#waiting > MOST_WAITING) source.pause();
    this.#freeAt = Math.max(this.#freeAt, performance.now());
    this.#send();
  }

  #send(): void {
    clearTimeout(this.#timer);
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      const { bytes, source, sink } = next;
      const sentAt = this.#freeAt + (bytes.length / this.#bytesPerSecond) * 1_000;
      const waitMs = sentAt - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#send(), waitMs);
        return;
      }
      this.#queue.shift();
      this.#freeAt = sentAt;
      this.#waiting -= bytes.length;
      if (!sink.destroyed) sink.write(bytes);
      source.resume();
    }
  }
}
