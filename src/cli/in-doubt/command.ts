import { type Command, InvalidArgumentError, Option } from "commander";
import { RESOLVED_AS, type ResolvedAs } from "../../domain/payment-request.ts";
import type { Output } from "../output.ts";
import { DEFAULT_URL, readUrl } from "../url-option.ts";
import type { DeskQuery } from "./desk-client.ts";

/** `tillgate in-doubt …`. @param ended  Gets the exit code. */
export function addInDoubt(program: Command, output: Output, ended: (code: number) => void): void {
  const inDoubt = program
    .command("in-doubt")
    .description("transactions whose end nobody saw, and a named person's word on one");

  withGateway(inDoubt.command("list"))
    .description("those of a running gateway; exit code 0 none, 1 some, 2 not permitted, 3 unreachable")
    .option("--json", "as JSON", false)
    .action(async (options: DeskQuery & { readonly json: boolean }) => {
      const { list } = await import("./list.ts");
      ended(await list(options, output));
    });

  withGateway(inDoubt.command("resolve"))
    .description("say what became of one; it stays in the ledger, with name and reason")
    .argument("<id>", "the transaction's id")
    .argument("<as>", `one of ${RESOLVED_AS.join(", ")}`, readResolvedAs)
    .requiredOption("--by <name>", "who says so")
    .requiredOption("--reason <text>", "how it is known, e.g. from the terminal's own list")
    .action(
      async (id: string, as: ResolvedAs, options: DeskQuery & { readonly by: string; readonly reason: string }) => {
        const { resolve } = await import("./resolve.ts");
        ended(await resolve({ id, as, ...options }, output));
      },
    );
}

function withGateway(command: Command): Command {
  return command
    .option("--config <file>", "the gateway's config, which names its store")
    .option("--store <directory>", "the store itself, e.g. /var/lib/tillgate")
    .addOption(new Option("--url <url>", "of its local endpoint").default(DEFAULT_URL).argParser(readUrl));
}

function readResolvedAs(value: string): ResolvedAs {
  const known = RESOLVED_AS.find((one) => one === value);
  if (known === undefined) throw new InvalidArgumentError(`Allowed: ${RESOLVED_AS.join(", ")}.`);
  return known;
}
