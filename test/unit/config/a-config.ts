import { FAMILIES } from "../../../src/config-families.ts";
import { loadConfig } from "../../../src/config/load.ts";
import type { Problem } from "../../../src/config/problem.ts";
import type { DrivenCommon } from "../../../src/config/terminal-schema.ts";
import type { AcquirerOptions } from "../../../src/drivers/table.ts";

export function load(text: string): ReturnType<typeof loadConfig<AcquirerOptions, DrivenCommon>> {
  return loadConfig(text, FAMILIES);
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
