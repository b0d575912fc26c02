import { isIP } from "node:net";
import type { NetworkInterfaceInfo } from "node:os";
import { z } from "zod";
import { boundedList } from "./bounded-list.ts";
import { nameOption } from "./name-option.ts";

const address = z
  .string({ error: "an IP address of this machine, e.g. 192.168.8.2" })
  .refine((text) => isIP(text) !== 0);
/** Names of Linux (dev_valid_name(), net/core/dev.c): at most 15 bytes, no slash, no space. */
const interfaceName = z.string({ error: "a network interface, e.g. wwan0" }).regex(/^[^\s/:]{1,15}$/);

const route = z.strictObject({
  name: nameOption.describe("What people call this line.").meta({ examples: ["lte"] }),
  interface: interfaceName
    .exactOptional()
    .describe("Network interface whose present address connections go out from.")
    .meta({ examples: ["wwan0"] }),
  sourceAddress: address
    .exactOptional()
    .describe("Address that connections go out from. With interface: only while the interface has it.")
    .meta({ examples: ["192.168.8.2"] }),
});

/** One way out of the shop. With neither interface nor address it is the one that the system chooses. */
export type Route = z.output<typeof route>;

/** Where the config names none. */
export const SYSTEM_ROUTE: Route = { name: "system" };

const MAX_ROUTES = 4;
const ONE_NAME_EACH = `a list of 0 to ${MAX_ROUTES}, each name once`;

/** An option: the ways out in order of preference. */
export const routeOptions = boundedList(route, 0, MAX_ROUTES).refine(
  (routes) => new Set(routes.map(({ name }) => name)).size === routes.length,
  { error: ONE_NAME_EACH, params: { remedy: "give each route a name of its own" } },
);

/** What the option means, wherever it stands. */
export const ROUTES_IN_WORDS =
  "Ways out of the shop, in order of preference, at most 4. Without it: the one that the system chooses. " +
  "Linux also needs to be told that an address goes out by its own interface: " +
  "ip route add default via GATEWAY dev IFACE table N; ip rule add from ADDRESS table N.";

/** What a socket is bound to, in the words of `net.connect`. Empty: whatever the system chooses. */
export interface Source {
  readonly localAddress?: string;
  readonly family?: 4 | 6;
}

/**
 * The address that a connection to `host` goes out from, as it is right now: DHCP may change it.
 *
 * On Linux an address alone chooses the interface only with policy routing (`ip rule`; decision 0017).
 *
 * @param host  A name or an IP address.
 * @returns `undefined` where the route has no address of the kind that `host` needs.
 */
export function sourceOf(
  { interface: name, sourceAddress }: Route,
  host: string,
  interfaces: NodeJS.Dict<readonly NetworkInterfaceInfo[]>,
): Source | undefined {
  if (name === undefined && sourceAddress === undefined) return {};
  const wanted = isIP(host);
  const own = name === undefined ? [sourceAddress ?? ""] : addressesOf(interfaces[name] ?? [], sourceAddress);
  const families = wanted === 0 ? [4, 6] : [wanted];
  for (const family of families) {
    const localAddress = own.find((one) => isIP(one) === family);
    if (localAddress !== undefined) return { localAddress, family: family === 4 ? 4 : 6 };
  }
  return undefined;
}

function addressesOf(infos: readonly NetworkInterfaceInfo[], only: string | undefined): readonly string[] {
  // Link-local addresses (RFC 4291, 2.5.6) reach no further than the cable.
  const routable = infos.filter((info) => info.family === "IPv4" || info.scopeid === 0);
  return routable.map((info) => info.address).filter((one) => only === undefined || one === only);
}
