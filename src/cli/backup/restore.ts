import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { backupsOf } from "../../queue/backup/backup-name.ts";
import { drill, noteDrill } from "../../queue/backup/drill.ts";
import { type Restored, restoreBackup } from "../../queue/backup/restore.ts";
import { LedgerError } from "../../queue/ledger-error.ts";
import { openOfflineLedger } from "../../queue/offline.ts";
import { systemClock } from "../../runtime/clock.ts";
import { readConfigFile } from "../config-file.ts";
import { BAD_CONFIG, BAD_USAGE } from "../exit-codes.ts";
import { Interrupted, interruptible } from "../interruptible.ts";
import type { Output } from "../output.ts";
import type { RestoreOptions } from "./options.ts";

const CANNOT = 1;

interface Places {
  /** Of the store; a drill may do without. */
  readonly directory: string | undefined;
  readonly from: string | undefined;
}

/** `tillgate restore`, with and without `--drill`. @returns 0 when it was done, or could be. */
export async function restore(options: RestoreOptions, output: Output): Promise<number> {
  const config =
    options.config === undefined
      ? undefined
      : await readConfigFile(options.config, "--store DIRECTORY and --from FILE do without one", output);
  if (options.config !== undefined && config === undefined) return BAD_CONFIG;
  const directory = options.store ?? config?.store.directory;
  try {
    const from = options.from ?? (await newest(directory, config?.store.backup?.directory, options));
    return await interruptible(async (signal) => act({ directory, from }, options, output, signal));
  } catch (error) {
    if (!(error instanceof LedgerError) && !(error instanceof Interrupted)) throw error;
    output.complain(error.message);
    return CANNOT;
  }
}

/** Only a drill may choose by itself: what is restored, people say. */
async function newest(
  store: string | undefined,
  backups: string | undefined,
  { drill: isDrill }: RestoreOptions,
): Promise<string | undefined> {
  if (isDrill !== true || store === undefined || backups === undefined) return undefined;
  using ledger = openOfflineLedger(store);
  const [found] = backupsOf(ledger.stream, await readdir(backups));
  return found === undefined ? undefined : join(backups, found.name);
}

async function act(
  { directory, from }: Places,
  options: RestoreOptions,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  if (from === undefined) {
    output.complain(
      options.drill === true
        ? "There is no backup to try: --from FILE, or --config FILE with a store.backup that has made one."
        : "Say which backup: --from FILE.",
    );
    return BAD_USAGE;
  }
  if (options.drill === true) return tryOut(from, directory, options, output, signal);
  if (directory === undefined) {
    output.complain("Say where to: --store DIRECTORY, or --config FILE.");
    return BAD_USAGE;
  }
  const clock = systemClock();
  const moment = { at: clock.now(), stamp: clock.stamp() };
  const restored = await restoreBackup({ from, directory, setAside: options.setAside === true, moment }, signal);
  if (options.json === true) output.print(JSON.stringify(restored, null, 2));
  else for (const line of report(restored, directory)) output.print(line);
  return 0;
}

function report({ manifest, change, aside }: Restored, directory: string): readonly string[] {
  const { stream, head, takenAt, mark, records } = manifest;
  const { carried, heldByHq } = change.result;
  return [
    `Restored from a backup of ${takenAt}: ${records} records of stream ${stream} up to ${head.seq}.`,
    `They go on as stream ${change.begun}: ${carried.count} carried over` +
      (heldByHq.count === 0 ? "." : `; ${heldByHq.count} that headquarters has stay behind, for want of room.`),
    `Headquarters had confirmed up to ${mark} then; what it has already counts once.`,
    ...(aside === undefined ? [] : [`What was there before is in ${aside.directory}.`]),
    ...newerThan(head.seq, stream, aside),
    `Now start the gateway (systemctl start tillgate) and read: tillgate status. Store: ${directory}.`,
  ];
}

/** What was set aside may hold sales that the backup does not. */
function newerThan(head: number, stream: string, aside: Restored["aside"]): readonly string[] {
  const before = aside?.ledger;
  if (aside === undefined || before === undefined || (before.stream === stream && before.head <= head)) return [];
  const what =
    before.stream === stream
      ? `${before.head - head} records that the backup does not`
      : `another stream, up to record ${before.head}`;
  return [`It holds ${what}: carry them to headquarters with tillgate rescue export --store ${aside.directory}`];
}

async function tryOut(
  from: string,
  directory: string | undefined,
  options: RestoreOptions,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const clock = systemClock();
  const note = async (result: { ok: boolean; records?: number; reason?: string }): Promise<void> => {
    if (directory === undefined) return;
    const { synced } = clock.stamp();
    await noteDrill(directory, { at: clock.now(), clockSynced: synced, backup: basename(from), ...result });
  };
  try {
    const records = await drill(from, { at: clock.now(), stamp: clock.stamp() }, signal);
    await note({ ok: true, records });
    if (options.json === true) output.print(JSON.stringify({ ok: true, from, records }));
    else output.print(`${from} can be restored: ${records} records, the chain is whole, count and head are right.`);
    if (directory === undefined)
      output.complain("Not noted anywhere: name the gateway's --store or --config for that.");
    return 0;
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    await note({ ok: false, reason: error.code });
    if (options.json === true)
      output.print(JSON.stringify({ ok: false, from, code: error.code, detail: error.detail }));
    throw error;
  }
}
