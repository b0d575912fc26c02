import { constants, copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { Progress, PROGRESS_FILE } from "../progress.ts";
import { LEDGER_FILE, openLedgerFileReadonly } from "../schema.ts";
import { readManifest, readSnapshots } from "./manifest.ts";

/** What a backup becomes; the ledger last, because without it the rest is as good as nothing. */
export const UNPACKED = [PROGRESS_FILE, LEDGER_FILE] as const;

/**
 * Makes of a backup a store. Its ledger still says that it is a backup: whoever opens it begins a new stream, because
 * headquarters may hold more of the old one, and no position may be given twice.
 *
 * @param directory  Must not exist.
 */
export function unpackBackup(backup: string, directory: string): void {
  mkdirSync(directory, { mode: 0o700 });
  const ledger = join(directory, LEDGER_FILE);
  copyFileSync(backup, ledger, constants.COPYFILE_FICLONE);
  const db = openLedgerFileReadonly(ledger);
  try {
    const { stream, mark } = readManifest(db);
    const progress = new Progress(directory, { stream }, () => undefined);
    progress.confirm(mark);
    for (const { name, seq, state } of readSnapshots(db)) progress.saveSnapshot(name, seq, state);
    progress.close();
  } finally {
    db.close();
  }
}
