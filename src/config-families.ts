import type { Families } from "./config/schema.ts";
import type { DrivenCommon } from "./config/terminal-schema.ts";
import { type AcquirerOptions, acquirerOptions } from "./drivers/table.ts";

/** Every family that a config may name: where the config's own keys and the drivers' meet. */
export const FAMILIES: Families<AcquirerOptions, DrivenCommon> = { acquirer: acquirerOptions, driven: [] };
