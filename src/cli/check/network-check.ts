import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { TLSSocket } from "node:tls";
import type { UplinkConfig } from "../../config/schema.ts";
import type { TlsFiles } from "../../config/secrets.ts";
import { connectTcp } from "../../drivers/transport/tcp-connect.ts";
import type { AcquirerOptions } from "../../drivers/table.ts";
import type { Clock } from "../../runtime/clock.ts";
import { type Endpoint, formatEndpoint } from "../../runtime/endpoint.ts";
import { type Route, sourceOf, SYSTEM_ROUTE } from "../../runtime/route.ts";
import { brokerEndpoint } from "../../uplink/dial.ts";
import { validity } from "./certificate-check.ts";
import { failure, fine, type Finding, warning } from "./finding.ts";

/** ms for each connection; all are tried at once. */
const CONNECT_WITHIN_MS = 5_000;

interface Reach {
  readonly isReached: boolean;
  readonly findings: readonly Finding[];
}

/** Over each route. The broker may be away: the daemon then sells and records all the same. So this only warns. */
export async function brokerCheck(
  { url, routes }: UplinkConfig,
  tls: TlsFiles | undefined,
  clock: Clock,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const material = new URL(url).protocol === "mqtts:" ? (tls ?? {}) : undefined;
  const reached = await reachOverAll("broker", routes, [brokerEndpoint(url)], material, clock, signal);
  return reached.flatMap((one) => one.findings);
}

/** One way that does not work is a warning, all of them together an error: no card can be charged. */
export async function acquirerCheck(
  { id, endpoints, routes }: AcquirerOptions,
  tls: TlsFiles | undefined,
  clock: Clock,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const what = `acquirer ${id}`;
  const reached = await reachOverAll(what, routes, endpoints, tls, clock, signal);
  const findings = reached.flatMap((one) => one.findings);
  if (reached.some(({ isReached }) => isReached)) return findings;
  return [...findings, failure(what, "none of its endpoints can be reached", "check line, addresses and firewall")];
}

/**
 * Whether the terminal listens: a connection is opened and closed, and not a byte is sent. Terminals serve one till at a
 * time, so that one may refuse while the daemon runs. A terminal can be switched off at night: this only warns.
 */
export async function terminalReach(
  owner: string,
  endpoint: Endpoint,
  clock: Clock,
  signal: AbortSignal,
): Promise<Finding> {
  const what = `${owner} at ${formatEndpoint(endpoint)}`;
  const began = clock.monotonicMs();
  try {
    const socket = await connectTcp(endpoint, { timeoutMs: CONNECT_WITHIN_MS }, signal);
    socket.destroy();
    return fine(what, `reached in ${Math.round(clock.monotonicMs() - began)} ms`);
  } catch (error) {
    const code = codeOf(error);
    const remedy =
      "check that it is switched on, its address and port, and its cable; nothing if tillgate runs already";
    return warning(what, `cannot be reached: ${code}`, remedy);
  }
}

async function reachOverAll(
  owner: string,
  routes: readonly Route[] = [SYSTEM_ROUTE],
  endpoints: readonly Endpoint[],
  tls: TlsFiles | undefined,
  clock: Clock,
  signal: AbortSignal,
): Promise<readonly Reach[]> {
  const ways = routes.flatMap((route) => endpoints.map((endpoint) => ({ route, endpoint })));
  return Promise.all(ways.map(async (way) => reach(owner, way, tls, clock, signal)));
}

async function reach(
  owner: string,
  { route, endpoint }: { readonly route: Route; readonly endpoint: Endpoint },
  tls: TlsFiles | undefined,
  clock: Clock,
  signal: AbortSignal,
): Promise<Reach> {
  const over = route === SYSTEM_ROUTE ? "" : ` over ${route.name}`;
  const what = `${owner} at ${formatEndpoint(endpoint)}${over}`;
  const source = sourceOf(route, endpoint.host, networkInterfaces());
  if (source === undefined) {
    const whose = route.interface ?? route.sourceAddress ?? "";
    const found = warning(
      what,
      `${whose} has no address now`,
      "check the interface's name (ip -brief address) and its line",
    );
    return { isReached: false, findings: [found] };
  }
  const began = clock.monotonicMs();
  try {
    const socket = await connectTcp(endpoint, { timeoutMs: CONNECT_WITHIN_MS, tls, source }, signal);
    const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
    socket.destroy();
    const reached = fine(what, `reached in ${Math.round(clock.monotonicMs() - began)} ms`);
    const peer = certificate === undefined ? [] : [validity(`certificate of ${what}`, certificate, clock.now())];
    return { isReached: true, findings: [reached, ...peer] };
  } catch (error) {
    // Node refuses unusable TLS files before it connects.
    const code = codeOf(error);
    return { isReached: false, findings: [warning(what, `cannot be reached: ${code}`, remedyFor(code))] };
  }
}

function remedyFor(code: string): string {
  switch (code) {
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "check the host name and this machine's name server";
    case "EADDRNOTAVAIL":
      return "this machine does not have that address: check sourceAddress (ip -brief address)";
    case "ECONNREFUSED":
      return "check the port, and that the service there runs";
    case "timeout":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return "check the line, the route and firewalls on the way";
    default:
      return TLS_CODES.test(code)
        ? "check tls: authorities (ca), servername, cert and key, and this machine's clock"
        : "check the line and the service there";
  }
}

/** Codes of Node and OpenSSL for handshakes that fail (nodejs.org, "X509 certificate error codes" and "OpenSSL error codes"). */
const TLS_CODES = /^(ERR_TLS|ERR_SSL|ERR_OSSL|EPROTO|CERT_|CRL_|DEPTH_|SELF_SIGNED|UNABLE_TO|HOSTNAME)/;

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

/** Whether the daemon could listen there. A daemon that runs already holds its ports: that is no fault. */
export async function listenCheck(what: string, endpoint: Endpoint): Promise<readonly Finding[]> {
  const shown = `${what} on ${formatEndpoint(endpoint)}`;
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: endpoint.host, port: endpoint.port, exclusive: true }, resolve);
    });
    return [fine(shown, "the port is free")];
  } catch (error) {
    return [taken(shown, codeOf(error))];
  } finally {
    server.close();
  }
}

function taken(what: string, code: string): Finding {
  switch (code) {
    case "EADDRINUSE":
      return warning(what, "the port is taken", "nothing if tillgate runs already, else find the owner: ss -ltnp");
    case "EADDRNOTAVAIL":
      return failure(what, "this machine does not have that address", "use 0.0.0.0 or one of: ip -brief address");
    case "EACCES":
      return failure(what, "no permission to listen there", "use a port above 1023");
    default:
      return failure(what, `cannot listen: ${code}`, "choose another address or port");
  }
}
