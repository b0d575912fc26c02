import { type Command, Option } from "commander";
import type { DeskQuery } from "../in-doubt/desk-client.ts";
import type { Output } from "../output.ts";
import { DEFAULT_URL, readUrl } from "../url-option.ts";

/** `tillgate incidents …`. @param ended  Gets the exit code. */
export function addIncidents(program: Command, output: Output, ended: (code: number) => void): void {
  const incidents = program
    .command("incidents")
    .description("what went wrong, once for each cause, and what was done about it");

  withGateway(incidents.command("list"))
    .description("those of a running gateway; exit code 0 none open, 1 some, 2 not permitted, 3 unreachable")
    .option("--all", "the closed ones of the last weeks as well", false)
    .option("--json", "as JSON", false)
    .addOption(new Option("--lang <language>", "of titles and advice").choices(["en", "zh-CN"]).default("en"))
    .action(async (options: DeskQuery & { readonly all: boolean; readonly json: boolean; readonly lang: string }) => {
      const { list } = await import("./list.ts");
      ended(await list(options, output));
    });

  withGateway(incidents.command("note"))
    .description("say what was seen or done; it stays in the ledger")
    .argument("<n>", "the incident's number")
    .argument("<text>", "never a card or phone number")
    .requiredOption("--by <name>", "who says so")
    .action(async (n: string, why: string, options: DeskQuery & { readonly by: string }) => {
      const { act } = await import("./act.ts");
      ended(await act({ n, action: "note", why, ...options }, output));
    });

  withGateway(incidents.command("close"))
    .description("it is over; the reason stays in the ledger")
    .argument("<n>", "the incident's number")
    .requiredOption("--by <name>", "who says so")
    .requiredOption("--reason <text>", "how it was mended")
    .action(async (n: string, options: DeskQuery & { readonly by: string; readonly reason: string }) => {
      const { act } = await import("./act.ts");
      ended(await act({ n, action: "close", why: options.reason, ...options }, output));
    });
}

function withGateway(command: Command): Command {
  return command
    .option("--config <file>", "the gateway's config, which names its store")
    .option("--store <directory>", "the store itself, e.g. /var/lib/tillgate")
    .addOption(new Option("--url <url>", "of its local endpoint").default(DEFAULT_URL).argParser(readUrl));
}
