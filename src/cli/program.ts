import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { VERSION } from "../version.ts";
import { addBackup } from "./backup/command.ts";
import { BAD_USAGE } from "./exit-codes.ts";
import { addIncidents } from "./incidents/command.ts";
import { addExplain } from "./explain/command.ts";
import { addInDoubt } from "./in-doubt/command.ts";
import { addJournal } from "./journal/command.ts";
import { type Output, terminalOutput } from "./output.ts";
import { addRescue } from "./rescue/command.ts";
import { addSelftest } from "./selftest/command.ts";
import type { StatusOptions } from "./status.ts";
import { addTerminals } from "./terminals/command.ts";
import { withoutLongNumbers } from "./text.ts";
import { DEFAULT_URL, readUrl } from "./url-option.ts";

/** Runs one command. @returns its exit code. */
export async function main(args: readonly string[], output: Output = terminalOutput()): Promise<number> {
  let code = 0;
  const program = build(output, (exitCode) => {
    code = exitCode;
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    // Commander has printed what was wrong, or the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : BAD_USAGE;
    throw error;
  }
}

/** Every command loads its own code when it is called: `status` need not carry the daemon's memory. */
function build(output: Output, ended: (code: number) => void): Command {
  const program = new Command("tillgate")
    .description("The gateway through which a shop's card terminals reach their acquirer.")
    .version(VERSION)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => output.print(text.trimEnd()),
      // It repeats what was typed, which could be a card number.
      writeErr: (text) => output.complain(withoutLongNumbers(text.trimEnd())),
    })
    .showHelpAfterError("(--help shows what is possible)");

  program
    .command("run")
    .description("the daemon, until SIGTERM or Ctrl-C")
    .requiredOption("--config <file>", "its config")
    .action(async (options: { readonly config: string }) => {
      const { run } = await import("./run.ts");
      ended(await run(options));
    });

  program
    .command("demo")
    .description("a whole shop on this machine: terminals, acquirer, headquarters, and the gateway between them")
    .option("--port <n>", "of the local HTTP endpoint; a free one when absent", readPort)
    .option("--speed <x>", "how much faster than a real shop", readPositive)
    .option("--for <seconds>", "end by itself and print a summary", readPositive)
    .addOption(new Option("--scenario <name>", "what goes wrong meanwhile").choices(["outage"]))
    .addOption(new Option("--lang <language>", "of what is printed").choices(["en", "zh-CN"]).default("en"))
    .action(async (options: DemoFlags) => {
      const { demo } = await import("./demo.ts");
      ended(await demo(options));
    });

  program
    .command("check")
    .description("validate a config, and whether this machine can run it")
    .requiredOption("--config <file>", "the config")
    .option("--json", "findings as JSON")
    .action(async (options: { readonly config: string; readonly json?: boolean }) => {
      const { check } = await import("./check.ts");
      ended(await check(options, (text) => output.print(text)));
    });

  program
    .command("status")
    .description("the health of a running gateway; exit code 0 pass, 1 warn, 2 fail, 3 unreachable")
    .option("--url <url>", "of its local endpoint", readUrl, DEFAULT_URL)
    .option("--json", "the health document, with the line as /api/v1/link tells it", false)
    .addOption(new Option("--lang <language>", "of what is said about the line").choices(["en", "zh-CN"]).default("en"))
    .action(async (options: StatusOptions) => {
      const { status } = await import("./status.ts");
      ended(await status(options, output));
    });

  addExplain(program, output, ended);
  addJournal(program, output, ended);
  addInDoubt(program, output, ended);
  addIncidents(program, output, ended);
  addBackup(program, output, ended);
  addRescue(program, output, ended);
  addSelftest(program, output, ended);
  addTerminals(program, output, ended);
  return program;
}

/** What `tillgate demo` was asked for. */
interface DemoFlags {
  readonly port?: number;
  readonly speed?: number;
  /** Seconds. */
  readonly for?: number;
  readonly scenario?: "outage";
  readonly lang: "en" | "zh-CN";
}

function readPort(value: string): number {
  if (!/^[0-9]{1,5}$/.test(value) || Number(value) > 65_535) throw new InvalidArgumentError("Allowed: 0 to 65535.");
  return Number(value);
}

function readPositive(value: string): number {
  if (!/^[0-9]{1,6}(\.[0-9]{1,3})?$/.test(value) || Number(value) === 0) {
    throw new InvalidArgumentError("Allowed: a number above 0.");
  }
  return Number(value);
}
