import { createServer } from "node:net";
import { TLSSocket } from "node:tls";
import type { UplinkConfig } from "../../config/schema.ts";
import type { TlsFiles } from "../../config/secrets.ts";
import { connectTcp } from "../../drivers/transport/tcp-connect.ts";
import type { AcquirerOptions } from "../../drivers/table.ts";
import type { Clock } from "../../runtime/clock.ts";
import { type Endpoint, formatEndpoint } from "../../runtime/endpoint.ts";
import { validity } from "./certificate-check.ts";
import { failure, fine, type Finding, warning } from "./finding.ts";

/** ms for each connection; all are tried at once. */
const CONNECT_WITHIN_MS = 5_000;
/** IANA port numbers of MQTT. */
const MQTT_PORT = 1883;
const MQTTS_PORT = 8883;

interface Reach {
  readonly isReached: boolean;
  readonly findings: readonly Finding[];
}

/** The broker may be away: the daemon then sells and records all the same. So this only warns. */
export async function brokerCheck(
  { url }: UplinkConfig,
  tls: TlsFiles | undefined,
  clock: Clock,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { protocol, hostname, port } = new URL(url);
  const isTls = protocol === "mqtts:";
  const endpoint = {
    host: hostname.replace(/^\[(.*)\]$/, "$1"),
    port: port === "" ? (isTls ? MQTTS_PORT : MQTT_PORT) : Number(port),
  };
  return (await reach("broker", endpoint, isTls ? (tls ?? {}) : undefined, clock, signal)).findings;
}

/** One endpoint that is away is a warning, all of them together an error: no card can be charged. */
export async function acquirerCheck(
  { id, endpoints }: AcquirerOptions,
  tls: TlsFiles | undefined,
  clock: Clock,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const what = `acquirer ${id}`;
  const reached = await Promise.all(endpoints.map((endpoint) => reach(what, endpoint, tls, clock, signal)));
  const findings = reached.flatMap((one) => one.findings);
  if (reached.some(({ isReached }) => isReached)) return findings;
  return [...findings, failure(what, "none of its endpoints can be reached", "check line, addresses and firewall")];
}

async function reach(
  owner: string,
  endpoint: Endpoint,
  tls: TlsFiles | undefined,
  clock: Clock,
  signal: AbortSignal,
): Promise<Reach> {
  const what = `${owner} at ${formatEndpoint(endpoint)}`;
  const began = clock.monotonicMs();
  try {
    const socket = await connectTcp(endpoint, { timeoutMs: CONNECT_WITHIN_MS, tls }, signal);
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
