import { constants, copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { Progress } from "../progress.ts";
import { LEDGER_FILE, openLedgerFileReadonly } from "../schema.ts";
import { writeStreamOrder } from "../stream-order.ts";
import { readManifest, readSnapshots } from "./manifest.ts";

/** The files that make a store of a backup; the ledger last, because without it the others are as good as nothing. */
export const UNPACKED = ["new-stream.json", "progress.db", LEDGER_FILE] as const;

/**
 * Makes of a backup a store that a gateway goes on with under a new stream id, which its next start gives it.
 *
 * @param directory  Must not exist.
 */
export function unpackBackup(backup: string, directory: string): void {
  mkdirSync(directory, { mode: 0o700 });
  const ledger = join(directory, LEDGER_FILE);
  copyFileSync(backup, ledger, constants.COPYFILE_FICLONE);
  const db = openLedgerFileReadonly(ledger);
  try {
    const { stream, mark, takenAt } = readManifest(db);
    const progress = new Progress(directory, stream, () => undefined);
    progress.confirm(mark);
    for (const { name, seq, state } of readSnapshots(db)) progress.saveSnapshot(name, seq, state);
    progress.close();
    // Headquarters may hold more of this stream than the backup does: no position of it may be given again.
    writeStreamOrder(directory, { stream, because: "restored", reason: `restored from a backup of ${takenAt}` });
  } finally {
    db.close();
  }
}
