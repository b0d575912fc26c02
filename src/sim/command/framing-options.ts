import { type Command, Option } from "commander";
import { z } from "zod";
import type { WireFraming } from "../acquirer/frames.ts";
import { readCount } from "./read-option.ts";

/** What `addFramingOptions` leaves in a command's options. */
export const framingSchema = z
  .object({ length: z.enum(["be16", "ascii4"]), tpdu: z.boolean(), headerBytes: z.number() })
  .transform(({ length, tpdu, headerBytes }): WireFraming => ({ length, tpdu, headerBytes }));

export function addFramingOptions(command: Command): Command {
  return command
    .addOption(new Option("--length <how>", "length before each message").choices(["be16", "ascii4"]).default("be16"))
    .option("--no-tpdu", "messages have no TPDU")
    .option("--header-bytes <n>", "bytes of message header", readHeaderBytes, 6);
}

function readHeaderBytes(text: string): number {
  return text === "0" ? 0 : readCount(text);
}
