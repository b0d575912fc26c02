import { userInfo } from "node:os";
import { type Command, InvalidArgumentError, Option } from "commander";
import { isName, type TerminalId, terminalId } from "../../domain/terminal.ts";
import { readTime, withStoreOptions } from "../journal/options.ts";
import type { Output } from "../output.ts";
import { DEFAULT_URL, readUrl } from "../url-option.ts";
import type { ActingOptions, GatewayOptions } from "./ask.ts";
import { LANGUAGES } from "./words.ts";

interface OrdererFlags extends ActingOptions {
  readonly who?: string;
  readonly reason: string;
}

/** `tillgate terminals …`. @param ended  Gets the exit code. */
export function addTerminals(program: Command, output: Output, ended: (code: number) => void): void {
  const terminals = program
    .command("terminals")
    .description("the terminals of a running gateway: how they are, and what can be done with them");

  withGateway(terminals.command("list"))
    .description("how each is, since when, why, and what to do")
    .action(async (options: GatewayOptions) => {
      const { list } = await import("./list.ts");
      ended(await list(options, output));
    });

  withOrderer(terminals.command("pause"))
    .description("take no orders on this terminal, until somebody resumes it or until a time")
    .argument("<terminal>", "its name", readTerminal)
    .addOption(new Option("--until <time>", "it ends by itself then: '2026-01-31 18:00' (local)").argParser(readTime))
    .action(async (terminal: TerminalId, options: OrdererFlags & { readonly until?: string }) => {
      await run("pause", terminal, options, options.until === undefined ? {} : { until: options.until });
    });

  withOrderer(terminals.command("resume"))
    .description("end what holds this terminal back; with --serial confirm that another terminal than before is right")
    .argument("<terminal>", "its name", readTerminal)
    .option("--serial <number>", "the serial number on the terminal")
    .action(async (terminal: TerminalId, options: OrdererFlags & { readonly serial?: string }) => {
      await run("resume", terminal, options, options.serial === undefined ? {} : { serial: options.serial });
    });

  withOrderer(terminals.command("selftest"), "self-test")
    .description("try this terminal; where it cannot be asked, a checklist for whoever stands before it")
    .argument("<terminal>", "its name", readTerminal)
    .addOption(
      new Option("--answer <point=yes|no>", "what was found at a point of the checklist; once for each")
        .argParser(readAnswer)
        .default({}),
    )
    .action(async (terminal: TerminalId, options: OrdererFlags & { readonly answer: Answers }) => {
      await run("selftest", terminal, options, { answers: options.answer });
    });

  withOrderer(terminals.command("diagnose"), "diagnosis")
    .description("have this terminal try its line to its host")
    .argument("<terminal>", "its name", readTerminal)
    .action(async (terminal: TerminalId, options: OrdererFlags) => run("diagnose", terminal, options, {}));

  withOrderer(terminals.command("settle"))
    .description("have this terminal do its end of day: closes its batch")
    .argument("<terminal>", "its name", readTerminal)
    .action(async (terminal: TerminalId, options: OrdererFlags) => run("settle", terminal, options, {}));

  withOrderer(terminals.command("replace"))
    .description("let another terminal take over: what is open on the old one blocks it, or goes over")
    .argument("<old>", "its name", readTerminal)
    .argument("<new>", "its successor's name", readTerminal)
    .action(async (old: TerminalId, newTerminal: TerminalId, options: OrdererFlags) => {
      await run("replace", old, options, { newTerminal });
    });

  async function run(
    action: "pause" | "resume" | "selftest" | "diagnose" | "settle" | "replace",
    terminal: TerminalId,
    options: OrdererFlags,
    more: object,
  ): Promise<void> {
    const [{ act }, { isLocalToken }] = await Promise.all([import("./act.ts"), import("./ask.ts")]);
    const { reason } = options;
    const who = options.who ?? (isLocalToken(options) ? userInfo().username : undefined);
    ended(await act(action, terminal, { reason, ...(who === undefined ? {} : { who }), ...more }, options, output));
  }
}

function withGateway(command: Command): Command {
  return command
    .option("--url <url>", "of its local endpoint", readUrl, DEFAULT_URL)
    .option("--json", "the answer as JSON", false)
    .addOption(new Option("--lang <language>", "of what is printed").choices(LANGUAGES).default("en"));
}

/** @param reason  Without one it must be given. */
function withOrderer(command: Command, reason?: string): Command {
  const why = new Option("--reason <text>", "why; it stands in the ledger");
  return withStoreOptions(withGateway(command))
    .option("--token-file <file>", "your token; the gateway's own, local.token in its store, when absent")
    .option(
      "--who <name>",
      "who wants it, in the ledger; your login name when absent. With a token of your own: its name",
    )
    .addOption(reason === undefined ? why.makeOptionMandatory() : why.default(reason));
}

function readTerminal(value: string): TerminalId {
  if (!isName(value)) throw new InvalidArgumentError("Allowed: a terminal's name as in the config.");
  return terminalId(value);
}

type Answers = Readonly<Record<string, boolean>>;

function readAnswer(value: string, before: Answers): Answers {
  const [, point, answer] = /^([A-Za-z0-9]{1,64})=(yes|no)$/.exec(value) ?? [];
  if (point === undefined) throw new InvalidArgumentError("Allowed: a point's name, = and yes or no, e.g. power=yes.");
  return { ...before, [point]: answer === "yes" };
}
