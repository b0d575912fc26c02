/** What differs from one test's gateway to another's. */
export interface ShopPlaces {
  readonly tenant: string;
  /** Name of the one acquirer. */
  readonly acquirer: string;
  /** Keys of the section `store`. */
  readonly store: Readonly<Record<string, unknown>>;
  /** host:port. */
  readonly broker: string;
  /** Keys of the acquirer's entry: where it listens, its endpoints, and whatever a test wants. */
  readonly relay: Readonly<Record<string, unknown>>;
  /** Keys of the uplink beside the usual ones. */
  readonly uplink?: Readonly<Record<string, unknown>>;
  readonly terminals: readonly Readonly<Record<string, unknown>>[];
}

/** A gateway's config with time-outs that a test can wait for. Goes through the same door as every config. */
export function shopConfig({ tenant, acquirer, store, broker, relay, uplink, terminals }: ShopPlaces): object {
  return {
    site: { tenant, site: "shop-1", gateway: "gw-1" },
    store: { allowVolatile: true, ballastMb: 0, ...store },
    uplink: {
      url: `mqtt://${broker}`,
      keepaliveS: 5,
      connectTimeoutMs: 2_000,
      pubackDeadlineMs: 2_000,
      receiptDeadlineMs: 3_000,
      ratePerS: 0,
      ...uplink,
    },
    http: { listen: "127.0.0.1:0" },
    acquirers: [{ id: acquirer, family: "iso8583", connectTimeoutMs: 1_000, ...relay }],
    terminals: terminals.map((terminal) => ({ acquirer, ...terminal })),
  };
}
