import { type Endpoint, formatEndpoint, parseEndpoint } from "../runtime/endpoint.ts";
import { asList, asSection, valueAt } from "./found.ts";
import { canonicalAddress } from "./ip-address.ts";
import { nearestOf } from "./key-table.ts";
import { displayKey, displayPath, type Path, type Unplaced } from "./problem.ts";

/** Whoever can read the file that the gateway lays down in the store's directory. */
const LOCAL = "local";

interface Entry {
  readonly path: Path;
  readonly text: string;
}

/**
 * What has to fit between sections. Works on the values as written, so that it also says what it can
 * about a config that is wrong elsewhere.
 *
 * @param httpListenDefault  Where http listens when the config does not say.
 */
export function crossChecks(root: unknown, httpListenDefault: string): Unplaced[] {
  return [
    ...duplicates("acquirer", texts(root, "acquirers", "id")),
    ...duplicates("merchant", texts(root, "merchants", "id")),
    ...duplicates("terminal", texts(root, "terminals", "id")),
    ...duplicates(
      "terminal number (DE41) at this acquirer",
      perAcquirer(root, "de41", (de41) => de41),
    ),
    ...duplicates("terminal address at this acquirer", perAcquirer(root, "address", canonicalAddress)),
    ...unknownReferences(root, "acquirer", "acquirers"),
    ...unknownReferences(root, "merchant", "merchants"),
    ...duplicates("link to a terminal", links(root)),
    ...standIns(root),
    ...otherMerchants(root),
    ...tokenNames(root),
    ...sharedPorts(root, httpListenDefault),
  ];
}

function texts(root: unknown, list: string | Path, key: string): Entry[] {
  const at = typeof list === "string" ? [list] : list;
  return asList(valueAt(root, at)).flatMap((entry, index): Entry[] => {
    const text = asSection(entry)?.[key];
    return typeof text === "string" ? [{ path: [...at, index, key], text }] : [];
  });
}

/** A value of each terminal, made different for different acquirers. */
function perAcquirer(root: unknown, key: string, spelling: (text: string) => string): Entry[] {
  return texts(root, "terminals", key).map(({ path, text }) => ({
    path,
    text: JSON.stringify([valueAt(root, [...path.slice(0, -1), "acquirer"]), spelling(text)]),
  }));
}

function duplicates(what: string, entries: readonly Entry[]): Unplaced[] {
  const first = new Map<string, Path>();
  return entries.flatMap(({ path, text }): Unplaced[] => {
    const earlier = first.get(text);
    if (earlier === undefined) {
      first.set(text, path);
      return [];
    }
    return [
      {
        path,
        found: `the same as ${displayPath(earlier)}`,
        allowed: `each ${what} once`,
        remedy: "change or remove one of the two",
      },
    ];
  });
}

function unknownReferences(root: unknown, key: string, list: string): Unplaced[] {
  const target = valueAt(root, [list]);
  // A section that is missing or no list is a problem of its own; each reference to it is not another.
  if (target !== undefined && !Array.isArray(target)) return [];
  const known = [...new Set(texts(root, list, "id").map(({ text }) => text))];
  return texts(root, "terminals", key)
    .filter(({ text }) => !known.includes(text))
    .map(({ path, text }) => {
      const nearest = nearestOf(text, known);
      return {
        path,
        found: `${displayKey(text)}, which no entry of ${list} has as its id`,
        allowed:
          known.length === 0 ? `an id from ${list}, which has none` : `one of: ${known.map(displayKey).join(", ")}`,
        remedy: nearest === undefined ? `add it to ${list}, or name one of those` : `write ${displayKey(nearest)}`,
        ...(nearest === undefined ? {} : { nearest }),
      };
    });
}

/** Where each driven terminal is reached: two cannot be at one place. */
function links(root: unknown): Entry[] {
  const ways: Path[] = [["tcp"], ["serial", "path"]];
  return asList(valueAt(root, ["terminals"])).flatMap((_, index) =>
    ways.flatMap((way): Entry[] => {
      const path: Path = ["terminals", index, "link", ...way];
      const text = valueAt(root, path);
      return typeof text === "string" ? [{ path, text }] : [];
    }),
  );
}

/** A standby takes orders from the till API: for another terminal that does, never for itself or a relayed one. */
function standIns(root: unknown): Unplaced[] {
  const driven = texts(root, "terminals", "id").filter(({ path }) => {
    const family = valueAt(root, [...path.slice(0, -1), "family"]);
    return family !== undefined && family !== "relay";
  });
  return texts(root, "terminals", "standbyFor").flatMap(({ path, text }): Unplaced[] => {
    const own = valueAt(root, [...path.slice(0, -1), "id"]);
    const known = driven.map(({ text: id }) => id).filter((id) => id !== own);
    if (known.includes(text)) return [];
    return [
      {
        path,
        found: `${displayKey(text)}, which ${text === own ? "is the terminal itself" : "is no terminal that tillgate talks to"}`,
        allowed:
          known.length === 0 ? "none: there is no other such terminal" : `one of: ${known.map(displayKey).join(", ")}`,
        remedy: "name one of those, or remove the key",
      },
    ];
  });
}

/** product.md, S1: whatever takes over an order, the customer pays the same merchant. */
function otherMerchants(root: unknown): Unplaced[] {
  const merchantOf = (entry: Path): unknown => valueAt(root, [...entry, "merchant"]);
  const entries = new Map(texts(root, "terminals", "id").map(({ path, text }) => [text, path.slice(0, -1)]));
  const groups = new Map<string, Path>();
  const pairs = [
    ...texts(root, "terminals", "standbyFor").map(({ path, text }) => ({ path, other: entries.get(text) })),
    ...texts(root, "terminals", "group").map(({ path, text }) => {
      const other = groups.get(text);
      if (other === undefined) groups.set(text, path.slice(0, -1));
      return { path, other };
    }),
  ];
  return pairs.flatMap(({ path, other }): Unplaced[] => {
    if (other === undefined) return [];
    const [own, theirs] = [merchantOf(path.slice(0, -1)), merchantOf(other)];
    if (own === theirs) return [];
    return [
      {
        path,
        found: `${merchantInWords(own)}, beside ${displayPath(other)} with ${merchantInWords(theirs)}`,
        allowed: "only terminals of the same merchant",
        remedy: "give both the same merchant if they have it, else remove the key",
      },
    ];
  });
}

function merchantInWords(merchant: unknown): string {
  return typeof merchant === "string" ? `merchant ${displayKey(merchant)}` : "no merchant";
}

/** A till's orders and keys are scoped by its token's name, and {@link LOCAL} is the gateway's own. */
function tokenNames(root: unknown): Unplaced[] {
  const names = texts(root, ["http", "tokens"], "name");
  return [
    ...duplicates("name of a token", names),
    ...names
      .filter(({ text }) => text === LOCAL)
      .map(({ path }) => ({
        path,
        found: LOCAL,
        allowed: `any name but ${LOCAL}, which the token in the store's directory has`,
        remedy: "choose another name",
      })),
  ];
}

interface Listener {
  readonly path: Path;
  readonly endpoint: Endpoint;
}

function sharedPorts(root: unknown, httpListenDefault: string): Unplaced[] {
  const http = valueAt(root, ["http", "listen"]) ?? httpListenDefault;
  const listeners = [
    ...(typeof http === "string" ? [{ path: ["http", "listen"], text: http }] : []),
    ...texts(root, "acquirers", "listen"),
  ].flatMap(({ path, text }): Listener[] => {
    const endpoint = parseEndpoint(text);
    return endpoint === undefined || endpoint.port === 0 ? [] : [{ path, endpoint }];
  });
  return listeners.flatMap(({ path, endpoint }, index): Unplaced[] => {
    const earlier = listeners.slice(0, index).find((other) => overlap(other.endpoint, endpoint));
    if (earlier === undefined) return [];
    return [
      {
        path,
        found: `${formatEndpoint(endpoint)}, which ${displayPath(earlier.path)} takes already`,
        allowed: "a port of its own for each listener",
        remedy: "choose another port for one of the two",
      },
    ];
  });
}

/** Two listeners cannot share a port when either takes all addresses of the machine. */
function overlap(a: Endpoint, b: Endpoint): boolean {
  const all = ["0.0.0.0", "::"];
  return a.port === b.port && (a.host === b.host || all.includes(a.host) || all.includes(b.host));
}
