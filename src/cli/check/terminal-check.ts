import { isRelayed } from "../../config/terminal-schema.ts";
import type { DrivenOptions } from "../../config-families.ts";
import { assertNever } from "../../domain/assert-never.ts";
import type { LinkOptions } from "../../drivers/transport/link-options.ts";
import type { GatewayConfig } from "../../gateway-config.ts";
import type { Clock } from "../../runtime/clock.ts";
import { type Finding, warning } from "./finding.ts";
import { terminalReach } from "./network-check.ts";

/** Those that tillgate itself talks to. Opens no port and says nothing to a terminal: one could be in the middle of a sale. */
export async function terminalChecks(
  terminals: GatewayConfig["terminals"],
  clock: Clock,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const driven = terminals.filter((terminal) => !isRelayed(terminal));
  return (await Promise.all(driven.map(async (terminal) => terminalCheck(terminal, clock, signal)))).flat();
}

async function terminalCheck(terminal: DrivenOptions, clock: Clock, signal: AbortSignal): Promise<readonly Finding[]> {
  const owner = `terminal ${terminal.id}`;
  const { family } = terminal;
  switch (family) {
    case "zvt":
    case "ecr":
      return linkCheck(owner, terminal.link, clock, signal);
    case "hid":
      return hidCheck(owner, terminal);
    default:
      return assertNever(family);
  }
}

async function linkCheck(
  owner: string,
  { tcp, serial }: LinkOptions,
  clock: Clock,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  if (tcp !== undefined) return [await terminalReach(owner, tcp, clock, signal)];
  if (serial === undefined) return [];
  const { lookAtPort, portFindings } = await import("../../drivers/transport/serial-check.ts");
  return portFindings(owner, serial.path, await lookAtPort(serial.path));
}

async function hidCheck(
  owner: string,
  terminal: Extract<DrivenOptions, { family: "hid" }>,
): Promise<readonly Finding[]> {
  const { hidFindings, lookAtHid } = await import("../../drivers/hid/hid-check.ts");
  try {
    return hidFindings(owner, await lookAtHid(terminal));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [warning(owner, `USB devices cannot be listed: ${reason}`, "check that /sys and /dev are mounted")];
  }
}
