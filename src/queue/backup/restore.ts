import {
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import type { Seq, StreamId } from "../../domain/record.ts";
import { giveToOwner, prepareDirectory, syncDirectory } from "../directory.ts";
import { LedgerError } from "../ledger-error.ts";
import { openOfflineLedger } from "../offline.ts";
import { LEDGER_FILE } from "../schema.ts";
import { asideName } from "../side-store.ts";
import { failureOf } from "../sqlite.ts";
import { takeLock } from "../writer.ts";
import type { BackupManifest } from "./manifest.ts";
import { UNPACKED, unpackBackup } from "./unpack.ts";
import { verifyBackup } from "./verify-backup.ts";

export interface RestoreJob {
  /** The backup. */
  readonly from: string;
  /** Of the store. Made when only its last part is missing. */
  readonly directory: string;
  /** Moves a ledger that is there already into a directory of its own below it. */
  readonly setAside: boolean;
}

export interface Restored {
  readonly manifest: BackupManifest;
  readonly aside?: SetAside;
}

export interface SetAside {
  readonly directory: string;
  /** Stream and newest record of what was set aside; absent when it cannot be read. */
  readonly ledger?: { readonly stream: StreamId; readonly head: Seq };
}

/** What belongs to one ledger's life. Keys and notes of the gateway itself stay where they are. */
const OF_THE_LEDGER = /^(ledger|progress|cards)\.db|^new-stream\.json$/;

/**
 * Puts a verified backup into a store, where it goes on as a new stream: headquarters may hold more of the old one than
 * the backup does, and a position must never be given twice. Before all is complete, nothing that was there is touched.
 *
 * @throws LedgerError `store.locked` while a gateway runs there, `restore.notEmpty`, `backup.notABackup`,
 *   `backup.notWhole`, or what stands against writing there; the signal's reason.
 */
export async function restoreBackup({ from, directory, setAside }: RestoreJob, signal: AbortSignal): Promise<Restored> {
  const manifest = await verifyBackup(from, signal);
  prepareDirectory(directory, { allowVolatile: true });
  const lockFile = join(directory, "ledger.lock");
  const lock = takeLock(lockFile);
  // Nobody else makes one: we hold the lock. One that is there is of a restore that was killed.
  const scratch = join(directory, "restoring");
  try {
    giveToOwner(lockFile);
    const inTheWay = readdirSync(directory).filter((name) => OF_THE_LEDGER.test(name));
    if (inTheWay.length > 0 && !setAside) {
      throw new LedgerError({ code: "restore.notEmpty", detail: `${directory} holds ${inTheWay.join(", ")}` });
    }
    rmSync(scratch, { recursive: true, force: true });
    unpackBackup(from, scratch);
    for (const name of UNPACKED) syncFile(join(scratch, name));
    const aside = inTheWay.length === 0 ? undefined : moveAside(directory, inTheWay);
    for (const name of UNPACKED) {
      renameSync(join(scratch, name), join(directory, name));
      giveToOwner(join(directory, name));
      syncDirectory(directory);
    }
    return { manifest, ...(aside === undefined ? {} : { aside }) };
  } catch (error) {
    if (signal.aborted || error instanceof LedgerError) throw error;
    throw new LedgerError(failureOf(error), { cause: error });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
    lock.close();
  }
}

function moveAside(directory: string, names: readonly string[]): SetAside {
  const aside = asideName(join(directory, "store"));
  mkdirSync(aside, { mode: 0o750 });
  giveToOwner(aside);
  for (const name of names) renameSync(join(directory, name), join(aside, name));
  syncDirectory(directory);
  syncDirectory(aside);
  return { directory: aside, ...readable(aside) };
}

/** What was set aside may be damaged: that is why people restore. */
function readable(directory: string): Pick<SetAside, "ledger"> {
  if (!existsSync(join(directory, LEDGER_FILE))) return {};
  try {
    using ledger = openOfflineLedger(directory);
    return { ledger: { stream: ledger.stream, head: ledger.head() } };
  } catch (error) {
    if (error instanceof LedgerError) return {};
    throw error;
  }
}

function syncFile(path: string): void {
  const file = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
