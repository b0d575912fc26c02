import { z } from "zod";
import { assertNever } from "../domain/assert-never.ts";
import type { Currency } from "../domain/money.ts";
import type { DriverDeps } from "./driver.ts";
import { type RelayDriver, relayDriver } from "./iso8583/index.ts";
import type { ListedTerminal } from "./iso8583/machine/attribution.ts";
import { iso8583Options } from "./iso8583/options.ts";
import type { TlsMaterial } from "./transport/tcp-connect.ts";

/** Every family of driver that can stand under `acquirers`, told apart by `family`. The one file that knows them all. */
export const acquirerOptions = z.discriminatedUnion("family", [iso8583Options]);

export type AcquirerOptions = z.output<typeof acquirerOptions>;

export interface AcquirerSetup {
  readonly options: AcquirerOptions;
  readonly tls?: TlsMaterial | undefined;
  readonly terminals: readonly ListedTerminal[];
  readonly defaultCurrency: Currency;
}

export function acquirerDriver(setup: AcquirerSetup, deps: DriverDeps): RelayDriver {
  const { family } = setup.options;
  switch (family) {
    case "iso8583":
      return relayDriver(setup, deps);
    default:
      return assertNever(family);
  }
}
