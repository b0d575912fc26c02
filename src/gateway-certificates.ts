import type { AcquirerId } from "./domain/terminal.ts";
import type { GatewayConfig, GatewaySecrets } from "./gateway-config.ts";
import { CertificateWatch } from "./health/certificates/certificate-watch.ts";
import { RenewingTls } from "./renewing-tls.ts";
import type { Clock } from "./runtime/clock.ts";
import type { Log } from "./runtime/log.ts";

export interface GatewayCertificates {
  readonly uplinkTls: RenewingTls | undefined;
  readonly acquirerTls: ReadonlyMap<AcquirerId, RenewingTls>;
  readonly certificates: CertificateWatch;
}

/** One holder of files and peers' certificates for each side that is spoken to over TLS. */
export function gatewayCertificates(
  { uplink, acquirers }: GatewayConfig,
  secrets: GatewaySecrets,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): GatewayCertificates {
  const uplinkTls = uplink.url.startsWith("mqtts:")
    ? new RenewingTls({ ours: "uplink", peer: "broker" }, uplink.tls ?? {}, secrets.uplinkTls ?? {}, log)
    : undefined;
  const acquirerTls = new Map(
    acquirers.flatMap(({ id, tls }) => {
      if (tls === undefined) return [];
      const name = `acquirer:${id}`;
      return [[id, new RenewingTls({ ours: name, peer: name }, tls, secrets.acquirerTls.get(id) ?? {}, log)] as const];
    }),
  );
  const holders = [...(uplinkTls === undefined ? [] : [uplinkTls]), ...acquirerTls.values()];
  return { uplinkTls, acquirerTls, certificates: new CertificateWatch(holders, clock) };
}
