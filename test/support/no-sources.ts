import { seq } from "../../src/domain/record.ts";
import type { Sources } from "../../src/http/sources.ts";
import { aLinkMessage } from "./links.ts";

/** What an endpoint shows of a gateway in which nothing happens; say what differs. */
export function noSources(differs: Partial<Sources> = {}): Sources {
  return {
    pulses: [],
    notReadyBecause: () => [],
    health: () => ({ name: "gateway", status: "pass" }),
    operators: () => [],
    terminals: () => [],
    ledger: { head: () => seq(0), first: () => seq(1), page: async () => Promise.resolve([]) },
    exposure: () => ({ unknownBecause: "not asked" }),
    link: () => aLinkMessage(),
    bootTimes: () => undefined,
    diagnosis: () => undefined,
    metrics: () => [],
    ...differs,
  };
}
