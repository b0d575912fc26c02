import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { resetSocket } from "../reset.ts";
import { type LineParts, serveLine } from "./line.ts";

/** PEM. With `clientCa` whoever connects must show a certificate of that authority. */
export interface EndpointTls {
  readonly key: string;
  readonly cert: string;
  readonly clientCa?: string;
}

export interface AcquirerConnections {
  readonly open: number;
  /** Since start. */
  readonly accepted: number;
  /** TLS handshakes that failed. */
  readonly refused: number;
}

interface Accepted {
  readonly raw: Socket;
  readonly connection: number;
}

/** The listening sockets and every connection that came in on them. */
export class Endpoints {
  readonly #line: LineParts;
  readonly #idleMs: number;
  readonly #tls: EndpointTls | undefined;
  readonly #servers: Server[] = [];
  /** By the peer's address and port. */
  readonly #open = new Map<string, Accepted>();
  #accepted = 0;
  #refused = 0;

  constructor(line: LineParts, idleMs: number, tls: EndpointTls | undefined) {
    this.#line = line;
    this.#idleMs = idleMs;
    this.#tls = tls;
  }

  /** @returns the port that it listens on. */
  async listen(host: string, port: number): Promise<number> {
    // Half-open is allowed so that a peer that stops writing still gets the answers it is owed.
    const server = this.#tls === undefined ? createServer({ allowHalfOpen: true }) : this.#tlsServer(this.#tls);
    // Every TCP connection is kept track of, also one whose TLS handshake never ends.
    server.on("connection", (socket: Socket) => this.#track(socket));
    server.on(this.#tls === undefined ? "connection" : "secureConnection", (socket: Socket) => {
      this.#serve(socket, portOf(server));
    });
    const bound = Promise.withResolvers<void>();
    server.once("error", bound.reject);
    server.listen({ host, port, backlog: 512 }, bound.resolve);
    await bound.promise;
    this.#servers.push(server);
    return portOf(server);
  }

  connections(): AcquirerConnections {
    return { open: this.#open.size, accepted: this.#accepted, refused: this.#refused };
  }

  dropConnections(): void {
    for (const { raw } of this.#open.values()) resetSocket(raw);
  }

  async close(): Promise<void> {
    const closed = this.#servers.map(async (server) => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    });
    this.dropConnections();
    await Promise.all(closed);
  }

  #tlsServer(tls: EndpointTls): Server {
    const server = createTlsServer({
      key: tls.key,
      cert: tls.cert,
      ...(tls.clientCa === undefined ? {} : { ca: tls.clientCa, requestCert: true, rejectUnauthorized: true }),
      allowHalfOpen: true,
    });
    server.on("tlsClientError", () => {
      this.#refused += 1;
    });
    return server;
  }

  #track(raw: Socket): void {
    this.#accepted += 1;
    const peer = peerOf(raw);
    this.#open.set(peer, { raw, connection: this.#accepted });
    raw.on("error", () => raw.destroy());
    raw.once("close", () => this.#open.delete(peer));
    raw.setNoDelay(true);
  }

  #serve(socket: Socket, endpoint: number): void {
    const accepted = this.#open.get(peerOf(socket));
    if (accepted === undefined) {
      socket.destroy();
      return;
    }
    const { raw, connection } = accepted;
    socket.setTimeout(this.#idleMs, () => raw.destroy());
    serveLine({ socket, reset: () => resetSocket(raw), connection, endpoint }, this.#line);
  }
}

function portOf(server: Server): number {
  const address = server.address();
  return address !== null && typeof address === "object" ? address.port : 0;
}

function peerOf(socket: Socket): string {
  return `${socket.remoteAddress ?? ""} ${socket.remotePort ?? 0} ${socket.localPort ?? 0}`;
}
