import { connect as connectTcp, isIP } from "node:net";
import { networkInterfaces } from "node:os";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { type Endpoint, formatEndpoint } from "../runtime/endpoint.ts";
import { type Route, type Source, sourceOf } from "../runtime/route.ts";
import { watchPeer } from "../runtime/tls-peer.ts";
import type { UplinkTls } from "./options.ts";

/** IANA port numbers of MQTT without and with TLS. */
const PORTS: ReadonlyMap<string, number> = new Map([
  ["mqtt:", 1883],
  ["mqtts:", 8883],
]);

/** What a TCP or TLS socket is to us. */
export interface BrokerSocket extends Duplex {
  setNoDelay(noDelay: boolean): unknown;
}

/**
 * Opens a socket to the broker, TLS included. Errors come as the socket's own `error`.
 *
 * @throws Error where the route has no address now, or TLS files are none.
 */
export type Dial = (route: Route) => BrokerSocket;

/** @throws TypeError when `url` is neither `mqtt://` nor `mqtts://`. */
export function dialer(url: string, tls: UplinkTls = {}): Dial {
  const endpoint = brokerEndpoint(url);
  const { host } = endpoint;
  if (new URL(url).protocol === "mqtt:") return (route) => connectTcp({ ...endpoint, ...addressOf(route, host) });
  return (route) => {
    const { ca, cert, key, servername, saw } = tls;
    const sni = servername ?? (isIP(host) === 0 ? host : undefined);
    const socket = connectTls({
      ...endpoint,
      ...addressOf(route, host),
      ...(sni === undefined ? {} : { servername: sni }),
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key: key.reveal() }),
      minVersion: "TLSv1.2",
    });
    if (saw !== undefined) watchPeer(socket, formatEndpoint(endpoint), saw);
    return socket;
  };
}

/** @throws TypeError when `url` is neither `mqtt://` nor `mqtts://`. */
export function brokerEndpoint(url: string): Endpoint {
  const { protocol, hostname, port } = new URL(url);
  const usual = PORTS.get(protocol);
  if (usual === undefined) {
    throw new TypeError(`not a broker's address: ${url}; give mqtt://HOST[:PORT] or mqtts://HOST[:PORT]`);
  }
  return { host: hostname.replace(/^\[(.*)\]$/, "$1"), port: port === "" ? usual : Number(port) };
}

function addressOf(route: Route, host: string): Source {
  const source = sourceOf(route, host, networkInterfaces());
  if (source === undefined) {
    throw new Error(`route ${route.name}: ${route.interface ?? route.sourceAddress ?? ""} has no address now`);
  }
  return source;
}
