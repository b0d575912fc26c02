import { randomUUID } from "node:crypto";
import { isRelayed } from "./config/terminal-schema.ts";
import type { AcquirerId, TerminalId } from "./domain/terminal.ts";
import type { DriverDeps } from "./drivers/driver.ts";
import type { RelayDriver } from "./drivers/iso8583/index.ts";
import { acquirerDriver } from "./drivers/table.ts";
import type { TlsMaterial } from "./drivers/transport/tcp-connect.ts";
import type { GatewayConfig } from "./gateway-config.ts";
import type { Ledger } from "./queue/ledger.ts";

/** One driver for each acquirer of the config, with its terminals. */
export function gatewayDrivers(
  config: GatewayConfig,
  tls: ReadonlyMap<AcquirerId, TlsMaterial>,
  { ledger, record }: { readonly ledger: Ledger; readonly record: DriverDeps["record"] },
  { clock, log, random }: Pick<DriverDeps, "clock" | "log" | "random">,
): ReadonlyMap<AcquirerId, RelayDriver> {
  const relayed = config.terminals.filter(isRelayed);
  const paused = new Map<TerminalId, string>(
    relayed.flatMap(({ id, paused: why }) => (why === undefined ? [] : [[id, why]])),
  );
  const deps: DriverDeps = {
    clock,
    log,
    random,
    record,
    tokenise: (panDigits) => ledger.tokenise(panDigits),
    pausedBecause: (terminal) => paused.get(terminal),
    newId: randomUUID,
  };
  return new Map(
    config.acquirers.map((options) => {
      const terminals = relayed.filter(({ acquirer }) => acquirer === options.id);
      const setup = {
        options,
        terminals,
        tls: tls.get(options.id),
        defaultCurrency: config.site.currency,
      };
      return [options.id, acquirerDriver(setup, deps)];
    }),
  );
}
