import { readFile } from "node:fs/promises";
import type { GatewayConfig } from "../gateway-config.ts";
import type { Output } from "./output.ts";

/**
 * Reads a gateway's config for a command that can do without one.
 *
 * @param instead  What else the command takes, in words, for somebody whose config this version would not run with.
 * @returns `undefined` when it said why not.
 */
export async function readConfigFile(
  path: string,
  instead: string,
  output: Output,
): Promise<GatewayConfig | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    output.complain(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
  const { loadConfig } = await import("../config/load.ts");
  const { formatProblems } = await import("../config/problem.ts");
  const { FAMILIES } = await import("../config-families.ts");
  const loaded = loadConfig(text, FAMILIES);
  if (loaded.ok) return loaded.config;
  output.complain(`${path} is not a valid config; ${instead}.\n\n${formatProblems(loaded.problems)}`);
  return undefined;
}
