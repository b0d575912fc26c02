import { connect as connectPlain, isIP, type Socket } from "node:net";
import { connect as connectTls, TLSSocket } from "node:tls";
import { type Endpoint, formatEndpoint } from "../../runtime/endpoint.ts";
import type { Source } from "../../runtime/route.ts";
import type { Secret } from "../../runtime/secret.ts";
import { type SawPeer, watchPeer } from "../../runtime/tls-peer.ts";

export interface TlsMaterial {
  /** Name for SNI and for the certificate's check; the endpoint's host when absent. */
  readonly servername?: string | undefined;
  /** PEM. The system's authorities when absent. */
  readonly ca?: string | undefined;
  /** PEM, with `key`: the client certificate. */
  readonly cert?: string | undefined;
  readonly key?: Secret | undefined;
  /** Told what the peer shows. */
  readonly saw?: SawPeer;
}

export interface ConnectOptions {
  /** ms, TLS handshake included. */
  readonly timeoutMs: number;
  readonly tls?: TlsMaterial | undefined;
  /** Address to connect from; the system's choice when absent. */
  readonly source?: Source;
}

/** A line that could not be opened: not one byte of ours has gone over it. */
export class ConnectError extends Error {
  readonly endpoint: string;
  /** Node's code (`ECONNREFUSED`, `CERT_HAS_EXPIRED`, …), `timeout`, or `noAddress`: the route has none now. */
  readonly code: string;

  constructor(endpoint: string, code: string, cause?: unknown) {
    super(`cannot connect to ${endpoint}: ${code}`, { cause });
    this.name = "ConnectError";
    this.endpoint = endpoint;
    this.code = code;
  }
}

/** Half-open peers are noticed by the kernel's own probes after this. ms. */
export const KEEP_ALIVE_MS = 30_000;

/**
 * Opens one connection. Single use: reconnecting means calling it again.
 *
 * @returns A socket that has finished its TLS handshake, if there is one, with `noDelay` and keep-alive on.
 * @throws ConnectError when it cannot be opened in time.
 */
export async function connectTcp(endpoint: Endpoint, options: ConnectOptions, signal: AbortSignal): Promise<Socket> {
  signal.throwIfAborted();
  const { tls, timeoutMs, source = {} } = options;
  const name = formatEndpoint(endpoint);
  const address = { host: endpoint.host, port: endpoint.port, allowHalfOpen: true, ...source };
  const socket =
    tls === undefined
      ? connectPlain(address)
      : connectTls({
          ...address,
          minVersion: "TLSv1.2",
          // RFC 6066, 3: an IP address is no server name. Its certificate is checked against the host all the same.
          ...(tls.servername === undefined && isIP(endpoint.host) !== 0
            ? {}
            : { servername: tls.servername ?? endpoint.host }),
          ...(tls.ca === undefined ? {} : { ca: tls.ca }),
          ...(tls.cert === undefined ? {} : { cert: tls.cert }),
          ...(tls.key === undefined ? {} : { key: tls.key.reveal() }),
        });
  if (socket instanceof TLSSocket && tls?.saw !== undefined) watchPeer(socket, name, tls.saw);
  const ready = tls === undefined ? "connect" : "secureConnect";
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new ConnectError(name, "timeout")), timeoutMs);
      const aborted = (): void => reject(new ConnectError(name, "stopped", signal.reason));
      const failed = (error: NodeJS.ErrnoException): void =>
        reject(new ConnectError(name, error.code ?? error.message, error));
      const settle = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", aborted);
        socket.removeListener("error", failed);
      };
      signal.addEventListener("abort", aborted);
      socket.once("error", failed);
      socket.once(ready, () => {
        settle();
        resolve();
      });
      socket.once("close", () => {
        settle();
        reject(new ConnectError(name, "closed"));
      });
    });
  } catch (error) {
    socket.on("error", ignoreAfterFailure);
    socket.destroy();
    throw error;
  }
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  return socket;
}

/** The first failure was reported; what the dying socket says after it adds nothing. */
function ignoreAfterFailure(): void {}
