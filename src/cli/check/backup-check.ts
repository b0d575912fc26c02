import { existsSync } from "node:fs";
import { dirname } from "node:path";
import type { StoreConfig } from "../../config/schema.ts";
import { BackupTarget } from "../../queue/backup/backup-target.ts";
import { onSameDisk } from "../../queue/backup/same-disk.ts";
import { LedgerError } from "../../queue/ledger-error.ts";
import { encrypterFor } from "../../rescue/encrypter.ts";
import { RescueError } from "../../rescue/rescue-error.ts";
import { failure, fine, type Finding, warning } from "./finding.ts";

/** What is left when the card dies: copies, and a way to carry records by hand. Selling needs neither, so they only warn. */
export async function backupCheck({ directory, backup, rescueRecipient }: StoreConfig): Promise<Finding[]> {
  return [
    ...(backup === undefined ? [] : [await targetFinding(directory, backup.directory)]),
    ...(rescueRecipient === undefined ? [] : [recipientFinding(rescueRecipient)]),
  ];
}

async function targetFinding(store: string, target: string): Promise<Finding> {
  const what = `backups in ${target}`;
  try {
    new BackupTarget(target).check();
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    return warning(what, error.detail, error.remedy);
  }
  const place = existsSync(store) ? store : dirname(store);
  if (existsSync(place) && (await onSameDisk(place, target))) {
    return warning(
      what,
      "on the store's own disk: they do not survive it",
      "name a directory on another disk or share",
    );
  }
  return fine(what, "can be written, on another disk than the store");
}

function recipientFinding(recipient: string): Finding {
  const what = "store.rescueRecipient";
  try {
    encrypterFor(recipient);
    return fine(what, "an age recipient");
  } catch (error) {
    if (!(error instanceof RescueError)) throw error;
    return failure(what, error.detail, error.remedy);
  }
}
