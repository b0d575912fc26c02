import type { Command } from "commander";
import { withStoreOptions } from "../journal/options.ts";
import type { BackupOptions, RestoreOptions } from "./options.ts";
import type { Output } from "../output.ts";

/** `tillgate backup` and `tillgate restore`. @param ended  Gets the exit code. */
export function addBackup(program: Command, output: Output, ended: (code: number) => void): void {
  withStoreOptions(program.command("backup"))
    .description("copy the ledger of a running or stopped gateway into one verified file; exit code 1 when it cannot")
    .option("--to <directory>", "where to; store.backup.directory of the config when absent")
    .option("--json", "what was made, as JSON")
    .action(async (options: BackupOptions) => {
      const { backup } = await import("./backup.ts");
      ended(await backup(options, output));
    });

  withStoreOptions(program.command("restore"))
    .description(
      "put a backup into a stopped gateway's store, where it goes on as a new stream; exit code 1 when it cannot",
    )
    .option("--from <file>", "the backup; with --drill the newest one of the config's when absent")
    .option("--set-aside", "keep a ledger that is there already under another name")
    .option("--drill", "only try it, in a directory of its own; the gateway may run, and its health shows the date")
    .option("--json", "what was done, as JSON")
    .action(async (options: RestoreOptions) => {
      const { restore } = await import("./restore.ts");
      ended(await restore(options, output));
    });
}
