import { type Command, InvalidArgumentError, Option } from "commander";
import type { GatewayAddress } from "../../contract/topics.ts";
import { isName } from "../../domain/terminal.ts";
import { readSeq, withStoreOptions } from "../journal/options.ts";
import type { Output } from "../output.ts";
import type { RescueExportOptions, RescueImportOptions } from "./options.ts";

/** `tillgate rescue …`. @param ended  Gets the exit code. */
export function addRescue(program: Command, output: Output, ended: (code: number) => void): void {
  const rescue = program
    .command("rescue")
    .description("carry what headquarters does not have there by hand, encrypted and signed, when no line will");

  withStoreOptions(rescue.command("export"))
    .description("write the unsent records of a running, stopped or dead gateway into one file; changes nothing else")
    .requiredOption("--out <file>", "where to")
    .option("--recipient <key>", "headquarters' public key, age1…; store.rescueRecipient of the config when absent")
    .addOption(new Option("--from <seq>", "from this record on, confirmed or not").argParser(readSeq))
    .addOption(gatewayOption("whose records they are; as the config says when absent"))
    .option("--json", "what was written, as JSON")
    .action(async (options: RescueExportOptions) => {
      const { rescueExport } = await import("./export.ts");
      ended(await rescueExport(options, output));
    });

  rescue
    .command("import")
    .description("headquarters' side: verify such a file, then store its records, each once")
    .argument("<file>", "as rescue export wrote it")
    .requiredOption("--identity <file>", "headquarters' secret key, as age-keygen wrote it")
    .option("--into <database>", "headquarters' database; it must not be running on it meanwhile")
    .option("--jsonl <file>", "write the records as JSON Lines for another headquarters; - is standard output")
    .option("--gateway-key <key>", "the key that it must be signed with, ed25519:…, as rescue export printed it")
    .option("--trust-on-first-use", "accept and remember the key of a gateway that none is known of", false)
    .option("--known-keys <file>", "where keys are remembered; beside the database when absent")
    .addOption(gatewayOption("whose records they are, where the file does not say it"))
    .option("--json", "what was done, as JSON")
    .action(async (file: string, options: RescueImportOptions) => {
      const { rescueImport } = await import("./import.ts");
      ended(await rescueImport(file, options, output));
    });
}

function gatewayOption(description: string): Option {
  return new Option("--gateway <tenant/site/gateway>", description).argParser(readGateway);
}

function readGateway(value: string): GatewayAddress {
  const [tenant, site, gateway, ...more] = value.split("/");
  if (tenant === undefined || site === undefined || gateway === undefined || more.length > 0) {
    throw new InvalidArgumentError("Allowed: three names as in the config's site, TENANT/SITE/GATEWAY.");
  }
  if (![tenant, site, gateway].every(isName)) throw new InvalidArgumentError("Allowed: names as in the config's site.");
  return { tenant, site, gateway };
}
