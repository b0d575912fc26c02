import { readFileSync } from "node:fs";
import { z } from "zod";
import { instant } from "./domain/clock.ts";

/** Of tillgate, from its package.json. */
export const VERSION: string = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"))).version;

/**
 * This version is not older: a clock that shows an earlier time is wrong. Set with the version, at each release; a file's
 * own date is no help, since packages and checkouts give files any date.
 */
export const RELEASED_AT = instant(Date.parse("2026-11-22T00:00:00.000Z"));
