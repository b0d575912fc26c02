import { z } from "zod";
import { loadConfig, type LoadResult } from "../../../src/config/load.ts";
import type { Problem } from "../../../src/config/problem.ts";
import { iso8583Options } from "../../../src/drivers/iso8583/options.ts";

const acquirer = z.discriminatedUnion("family", [iso8583Options]);

export function load(text: string): LoadResult<z.output<typeof acquirer>> {
  return loadConfig(text, { acquirer });
}

/** The problems of a config that is expected to be bad. */
export function problemsOf(text: string): readonly Problem[] {
  const result = load(text);
  if (result.ok) throw new Error("expected problems, but the config is good");
  return result.problems;
}

export const SITE = `
site: { tenant: acme, site: shop-1, gateway: g1 }
`;
export const UPLINK = `
uplink:
  url: mqtt://127.0.0.1
`;
export const ACQUIRERS = `
acquirers:
  - id: bank
    family: iso8583
    listen: 127.0.0.1:5001
    endpoints: ["127.0.0.1:6001"]
`;
/** The shortest config there is. */
export const GOOD = SITE + UPLINK + ACQUIRERS;
