import { isLoopback } from "../runtime/endpoint.ts";
import type { Unplaced } from "./problem.ts";
import type { AcquirerCommon, Config, Families } from "./schema.ts";
import { type DrivenCommon, isRelayed } from "./terminal-schema.ts";

/** What is allowed but gives something up that people may not be aware of. */
export function warningsOf<A extends AcquirerCommon, D extends DrivenCommon>(
  { store, uplink, terminals }: Config<A, D>,
  { drivenWarnings }: Families<A, D>,
): Unplaced[] {
  const warnings: Unplaced[] = [];
  if (store.allowVolatile) {
    warnings.push({
      path: ["store", "allowVolatile"],
      found: "a ledger that may live in memory",
      allowed: "false in a shop",
      remedy: "remove the line: a power cut would lose sales that headquarters has not stored yet",
    });
  }
  if (uplink.confirm === "broker" && uplink.protocol === "3.1.1") {
    warnings.push({
      path: ["uplink", "confirm"],
      found: "broker confirmation over MQTT 3.1.1",
      allowed: "receipt, or broker with MQTT 5",
      remedy: "write confirm: receipt; over 3.1.1 a broker acknowledges also what it refuses or nobody hears",
    });
  }
  const { protocol, hostname } = new URL(uplink.url);
  if (uplink.password !== undefined && protocol === "mqtt:" && !isLoopback(hostname)) {
    warnings.push({
      path: ["uplink", "url"],
      found: "a password that travels in clear text",
      allowed: "mqtts:// where a password is used",
      remedy: "write mqtts:// and give the broker a certificate",
    });
  }
  for (const [index, terminal] of terminals.entries()) {
    if (isRelayed(terminal)) continue;
    if (terminal.autoSettle === true) warnings.push(autoSettles(index));
    for (const { key, ...words } of drivenWarnings(terminal)) {
      warnings.push({ path: ["terminals", index, key], ...words });
    }
  }
  return warnings;
}

function autoSettles(index: number): Unplaced {
  return {
    path: ["terminals", index, "autoSettle"],
    found: "a batch that tillgate closes whenever the terminal demands it: that moves money",
    allowed: "false, or true where the shop wants just that",
    remedy: "nothing if the shop wants it; else write false, and settleAt for a time of day",
  };
}
