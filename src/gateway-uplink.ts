import type { GatewayConfig, GatewaySecrets } from "./gateway-config.ts";
import type { UplinkOptions, UplinkTiming, UplinkTls } from "./uplink/options.ts";

/** What the uplink gets of the config and its secrets. */
export function uplinkOptions(
  { site, uplink }: GatewayConfig,
  { password }: GatewaySecrets,
  uplinkTls: UplinkTls | undefined,
  timing: Partial<UplinkTiming> | undefined,
): UplinkOptions {
  const { tenant, site: shop, gateway } = site;
  const { clientId, username, password: _reference, tls: _files, ...same } = uplink;
  return {
    ...same,
    drainControl: same.drainControl === "on",
    address: { tenant, site: shop, gateway },
    clientId: clientId ?? `tillgate-${tenant}-${shop}-${gateway}`,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(uplinkTls === undefined ? {} : { tls: uplinkTls }),
    ...(timing === undefined ? {} : { timing }),
  };
}
