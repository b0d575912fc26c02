import { isIP, isIPv4 } from "node:net";
import { z } from "zod";

/** Where to connect to, or to listen. */
export interface Endpoint {
  /** A host name or an IP address, IPv6 without brackets. */
  readonly host: string;
  /** 0..65535; 0 only for listening: the system then chooses. */
  readonly port: number;
}

const PATTERN = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:[\]]+)):([0-9]{1,5})$/;
/** RFC 1123, 2.1, with the underscore that container networks put into names. */
const HOST_NAME =
  /^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*$/;
const LOOKS_LIKE_IPV4 = /^[0-9.]+$/;

/** Reads `host:port` or `[IPv6]:port`; `undefined` for anything else. */
export function parseEndpoint(text: string): Endpoint | undefined {
  const [, ipv6, name, digits] = PATTERN.exec(text) ?? [];
  const host = ipv6 ?? name ?? "";
  const port = Number(digits);
  if (!(port <= 65_535)) return undefined;
  if (ipv6 !== undefined) return isIP(ipv6) === 6 ? { host, port } : undefined;
  const known = LOOKS_LIKE_IPV4.test(host) ? isIPv4(host) : HOST_NAME.test(host);
  return known ? { host, port } : undefined;
}

/** The inverse of {@link parseEndpoint}. */
export function formatEndpoint(endpoint: Endpoint): string {
  return endpoint.host.includes(":") ? `[${endpoint.host}]:${endpoint.port}` : `${endpoint.host}:${endpoint.port}`;
}

/** True for addresses that other machines cannot reach: 127.0.0.0/8, `::1` and the name `localhost`. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}

function endpointSchema(allowed: string, fits: (endpoint: Endpoint) => boolean) {
  return z.string({ error: allowed }).transform((text, context): Endpoint => {
    const endpoint = parseEndpoint(text);
    if (endpoint !== undefined && fits(endpoint)) return endpoint;
    context.addIssue({ code: "custom", message: allowed, input: text });
    return z.NEVER;
  });
}

/** An option that names a peer, e.g. `acquirer.example:5000`. */
export const peerEndpoint = endpointSchema(
  "host:port, the port from 1 to 65535, e.g. 203.0.113.10:5000 or [2001:db8::1]:5000",
  ({ port }) => port > 0,
);

/** An option that names an address of this machine: an IP address, so that nothing depends on name look-ups. */
export const listenEndpoint = endpointSchema(
  "address:port, an IP address of this machine (0.0.0.0 for all) or localhost, e.g. 192.168.1.10:5000",
  ({ host }) => host === "localhost" || isIP(host) !== 0,
);

/** Like {@link listenEndpoint}, for what must not be reachable from other machines. */
export const loopbackEndpoint = endpointSchema(
  "only loopback addresses: 127.0.0.1:PORT, [::1]:PORT or localhost:PORT",
  ({ host }) => isLoopback(host),
);
