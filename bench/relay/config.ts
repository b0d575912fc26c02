/**
 * What the gateway under test runs with; everything not named has its default, so observer and write-ahead are on. Without
 * the reserve of disk space: it is written once in an installation, not in every run.
 */
export interface GatewayUnderTest {
  /** Directory of its ledger. */
  readonly store: string;
  /** Port of the acquirer's host. */
  readonly host: number;
  readonly broker: number;
  /** How many terminals the config lists, numbered from 10000000 on. */
  readonly terminals: number;
}

export function gatewayConfig({ store, host, broker, terminals }: GatewayUnderTest): string {
  const listed = Array.from(
    { length: terminals },
    (_, n) => `  - { id: till-${n}, acquirer: unionpay, de41: "${10_000_000 + n}" }`,
  );
  return `site: { tenant: bench, site: shop, gateway: counter }
store: { directory: ${JSON.stringify(store)}, ballastMb: 0 }
uplink: { url: "mqtt://127.0.0.1:${broker}" }
http: { listen: "127.0.0.1:0" }
merchants: []
acquirers:
  - { id: unionpay, family: iso8583, listen: "127.0.0.1:0", endpoints: ["127.0.0.1:${host}"] }
terminals:
${listed.join("\n")}
`;
}
