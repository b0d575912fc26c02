import type { DrivenOptions } from "./config-families.ts";
import { assertNever } from "./domain/assert-never.ts";
import type { DeviceDriver, DeviceIdentity, DeviceNews } from "./domain/device.ts";
import type { Currency } from "./domain/money.ts";
import type { TerminalId } from "./domain/terminal.ts";
import type { DeviceDeps } from "./drivers/driver.ts";
import type { Secret } from "./runtime/secret.ts";
import type { TerminalOptions } from "./terminals/options.ts";

/** What drivers need of the shop beside their own options. */
export interface DeviceSetting {
  readonly currency: Currency;
  /** IANA name. */
  readonly timezone: string;
  readonly passwords: ReadonlyMap<TerminalId, Secret>;
}

type MakeDriver = (news: (news: DeviceNews) => void) => DeviceDriver;

/** The config's driven terminals for their supervision. Loads the families that the config names, and no others. */
export async function deviceTerminals(
  terminals: readonly DrivenOptions[],
  setting: DeviceSetting,
  deps: Omit<DeviceDeps, "news">,
): Promise<readonly TerminalOptions[]> {
  return Promise.all(
    terminals.map(async (options): Promise<TerminalOptions> => {
      const makeDriver = await driverMaker(options, setting, deps);
      return { ...supervised(options), makeDriver };
    }),
  );
}

async function driverMaker(
  options: DrivenOptions,
  { currency, timezone, passwords }: DeviceSetting,
  deps: Omit<DeviceDeps, "news">,
): Promise<MakeDriver> {
  const { family, id: terminal } = options;
  switch (family) {
    case "zvt": {
      const [{ zvtDriver }, { linkPlace }, { withPlaceCounters }] = await Promise.all([
        import("./drivers/zvt/index.ts"),
        import("./drivers/transport/link-place.ts"),
        import("./drivers/transport/counted-place.ts"),
      ]);
      const setup = { terminal, options, password: passwords.get(terminal), currency, timezone };
      return (news) => {
        const place = linkPlace(options.link);
        return withPlaceCounters(zvtDriver(setup, place, { ...deps, news }), place);
      };
    }
    case "ecr": {
      const [{ ecrDriver }, { linkPlace }, { withPlaceCounters }] = await Promise.all([
        import("./drivers/ecr/index.ts"),
        import("./drivers/transport/link-place.ts"),
        import("./drivers/transport/counted-place.ts"),
      ]);
      return (news) => {
        const place = linkPlace(options.link);
        return withPlaceCounters(ecrDriver({ terminal, options }, place, { ...deps, news }), place);
      };
    }
    case "hid": {
      const { hidDriver } = await import("./drivers/hid/index.ts");
      return (news) => hidDriver(terminal, options, { ...deps, news });
    }
    default:
      return assertNever(family);
  }
}

function supervised(options: DrivenOptions): Omit<TerminalOptions, "makeDriver"> {
  const { id, family, heartbeatS, paused, maintenanceDue } = options;
  const common = { id, family, heartbeatS, ...(paused === undefined ? {} : { paused }) };
  if (options.family === "hid") return { ...common, schedule: maintenanceDue === undefined ? {} : { maintenanceDue } };
  const { group, standbyFor, merchant, autoSettle, settleAt, contractEnds, softwareAtLeast } = options;
  const expected = expectedOf(options);
  return {
    ...common,
    autoSettle,
    schedule: {
      ...(maintenanceDue === undefined ? {} : { maintenanceDue }),
      ...(settleAt === undefined ? {} : { settleAt }),
      ...(contractEnds === undefined ? {} : { contractEnds }),
      ...(softwareAtLeast === undefined ? {} : { softwareAtLeast }),
    },
    ...(group === undefined ? {} : { group }),
    ...(standbyFor === undefined ? {} : { standbyFor }),
    ...(merchant === undefined ? {} : { merchant }),
    ...(expected === undefined ? {} : { expected }),
  };
}

function expectedOf(options: Extract<DrivenOptions, { family: "zvt" | "ecr" }>): DeviceIdentity | undefined {
  if (options.expect === undefined) return undefined;
  const { terminalNumber } = options.expect;
  const serial = options.family === "zvt" ? options.expect.serial : undefined;
  return {
    ...(serial === undefined ? {} : { serial }),
    ...(terminalNumber === undefined ? {} : { terminalNumber }),
  };
}
