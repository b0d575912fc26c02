import type { BackupConfig } from "../../config/schema.ts";
import { type BackupMade, makeBackup } from "../../queue/backup/make-backup.ts";
import { onSameDisk } from "../../queue/backup/same-disk.ts";
import { LedgerError } from "../../queue/ledger-error.ts";
import { systemClock } from "../../runtime/clock.ts";
import { VERSION } from "../../version.ts";
import { readConfigFile } from "../config-file.ts";
import { BAD_CONFIG, BAD_USAGE } from "../exit-codes.ts";
import { Interrupted, interruptible } from "../interruptible.ts";
import type { Output } from "../output.ts";
import type { BackupOptions } from "./options.ts";

const CANNOT = 1;

/** `tillgate backup`. @returns 0 when there is a new, verified backup. */
export async function backup(options: BackupOptions, output: Output): Promise<number> {
  const config =
    options.config === undefined
      ? undefined
      : await readConfigFile(options.config, "--store DIRECTORY and --to DIRECTORY do without one", output);
  if (options.config !== undefined && config === undefined) return BAD_CONFIG;
  const directory = options.store ?? config?.store.directory;
  const to = options.to ?? config?.store.backup?.directory;
  if (directory === undefined || to === undefined) {
    output.complain(
      directory === undefined
        ? "Say which ledger: --config FILE, or --store DIRECTORY."
        : "Say where to: --to DIRECTORY, or store.backup.directory in the config.",
    );
    return BAD_USAGE;
  }
  try {
    const made = await make(directory, to, config?.store.backup);
    const onStoresDisk = await onSameDisk(directory, to);
    if (options.json === true) output.print(JSON.stringify({ ...made, onStoresDisk }, null, 2));
    else for (const line of report(made)) output.print(line);
    if (onStoresDisk) {
      output.complain("It lies on the store's own disk, and does not survive that: copy it to another one.");
    }
    return 0;
  } catch (error) {
    if (!(error instanceof LedgerError) && !(error instanceof Interrupted)) throw error;
    output.complain(error.message);
    return CANNOT;
  }
}

/** Only where the config says how many are to stay, older ones go. */
async function make(directory: string, to: string, config: BackupConfig | undefined): Promise<BackupMade> {
  const clock = systemClock();
  const job = { directory, to, at: clock.now(), clockSynced: clock.stamp().synced, version: VERSION };
  const keep = config !== undefined && config.directory === to ? { keep: config.keep } : {};
  return interruptible(async (signal) => makeBackup({ ...job, ...keep }, signal));
}

function report({ path, bytes, manifest, removed }: BackupMade): readonly string[] {
  const { records, stream, head, mark, clockSynced } = manifest;
  return [
    path,
    `${records} records, ${(bytes / 2 ** 20).toFixed(1)} MiB, verified. Stream ${stream} up to record ${head.seq}; ` +
      `headquarters had confirmed up to ${mark}.`,
    ...(clockSynced ? [] : ["The clock is not known to be right: its name carries no date."]),
    ...(removed.length === 0 ? [] : [`Older ones that went: ${removed.join(", ")}.`]),
  ];
}
