import { z } from "zod";
import type { Families } from "./config/schema.ts";
import { drivenCommon } from "./config/terminal-schema.ts";
import { ecrOptions } from "./drivers/ecr/options.ts";
import { ecrWarnings } from "./drivers/ecr/warnings.ts";
import { hidOptions } from "./drivers/hid/options.ts";
import { type AcquirerOptions, acquirerOptions } from "./drivers/table.ts";
import { linkOptions } from "./drivers/transport/link-options.ts";
import { zvtOptions } from "./drivers/zvt/options.ts";

const { id, standbyFor, ...common } = drivenCommon;
/** What makes sense for a device that takes no payments. */
const { paused, heartbeatS, maintenanceDue } = drivenCommon;
const named = (example: string) => id.meta({ examples: [example] });
const standsInFor = (example: string) => standbyFor.meta({ examples: [example] });

const zvt = z.strictObject({
  id: named("counter-1"),
  ...zvtOptions.shape,
  standbyFor: standsInFor("counter-2"),
  ...common,
});
const ecr = z.strictObject({
  id: named("counter-2"),
  ...ecrOptions.shape,
  link: linkOptions(
    { baudRate: 115_200, dataBits: 8, parity: "none", stopBits: 1, rtscts: false },
    { tcp: "192.168.1.51:1024", path: "/dev/serial/by-id/usb-Prolific_PL2303_B1CDb115J16-if00-port0" },
  ).describe("How the terminal is reached. Its manual says the speed; many models come with 9600."),
  standbyFor: standsInFor("counter-1"),
  ...common,
});
const hid = z.strictObject({ id: named("reader-1"), ...hidOptions.shape, paused, heartbeatS, maintenanceDue });

/** One terminal that tillgate itself talks to, as the config has it. */
export type DrivenOptions = z.output<typeof zvt> | z.output<typeof ecr> | z.output<typeof hid>;

/** Every family that a config may name: where the config's own keys and the drivers' meet. */
export const FAMILIES: Families<AcquirerOptions, DrivenOptions> = {
  acquirer: acquirerOptions,
  driven: [zvt, ecr, hid],
  drivenWarnings: (terminal) => (terminal.family === "ecr" ? ecrWarnings(terminal) : []),
};
