import { type Command, Option } from "commander";
import type { Output } from "../output.ts";
import type { SelftestOptions } from "./options.ts";

/** `tillgate selftest`. @param ended  Gets the exit code. */
export function addSelftest(program: Command, output: Output, ended: (code: number) => void): void {
  program
    .command("selftest")
    .description("try this machine for real: disk, crash, full disk, dead line; exit code 1 when a trial fails")
    .option(
      "--config <file>",
      "the gateway's config: the trials run on its store's file system, and leave the store alone",
    )
    .option("--directory <directory>", "run them in a scratch directory in this one; the temporary one when absent")
    .addOption(new Option("--lang <language>", "of what is printed").choices(["en", "zh-CN"]).default("en"))
    .option("--json", "the results as JSON")
    .action(async (options: SelftestOptions) => {
      const { selftest } = await import("./selftest.ts");
      ended(await selftest(options, output));
    });
}
