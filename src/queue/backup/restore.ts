import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Seq, StreamId } from "../../domain/record.ts";
import { giveAllToOwner, prepareDirectory, syncDirectory, syncFile } from "../directory.ts";
import { LedgerError } from "../ledger-error.ts";
import type { StreamChange } from "../new-stream.ts";
import { openOfflineLedger } from "../offline.ts";
import { beginNewStream, takeLock } from "../open-store.ts";
import type { Moment } from "../salvage/carry-over.ts";
import { LEDGER_FILE } from "../schema.ts";
import { failureOf } from "../sqlite.ts";
import { BACKUP_IN_PLACE } from "./backup-in-place.ts";
import type { BackupManifest } from "./manifest.ts";
import { UNPACKED, unpackBackup } from "./unpack.ts";
import { verifyBackup } from "./verify-backup.ts";

export interface RestoreJob {
  /** The backup. */
  readonly from: string;
  /** Of the store. Made when only its last part is missing. */
  readonly directory: string;
  /** Moves a ledger that is there already below `set-aside`. */
  readonly setAside: boolean;
  readonly moment: Moment;
}

export interface Restored {
  readonly manifest: BackupManifest;
  /** The stream that goes on from here, and what it carries. */
  readonly change: StreamChange;
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
 * Puts a verified backup into a store, where it goes on as a new stream that names the old one and carries its records.
 * Until the backup is unpacked, nothing that was there is touched. After a kill in between, the gateway's next start, or
 * the same command once more, comes to the same end.
 *
 * @throws LedgerError `store.locked` while a gateway runs there, `restore.notEmpty`, `backup.notABackup`,
 *   `backup.notWhole`, or what stands against writing there; the signal's reason.
 */
export async function restoreBackup(job: RestoreJob, signal: AbortSignal): Promise<Restored> {
  const { from, directory, moment } = job;
  const manifest = await verifyBackup(from, signal);
  prepareDirectory(directory, { allowVolatile: true });
  try {
    const aside = putInPlace(job);
    const end = { because: "restored", reason: BACKUP_IN_PLACE } as const;
    const change = await beginNewStream(directory, end, moment, () => undefined);
    return { manifest, change, ...(aside === undefined ? {} : { aside }) };
  } catch (error) {
    throw error instanceof LedgerError ? error : new LedgerError(failureOf(error), { cause: error });
  } finally {
    giveAllToOwner(directory);
  }
}

function putInPlace({ from, directory, setAside }: RestoreJob): SetAside | undefined {
  const lock = takeLock(directory);
  // Nobody else makes one: we hold the lock. One that is there is of a restore that was killed.
  const scratch = join(directory, "restoring");
  try {
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
      syncDirectory(directory);
    }
    return aside;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
    lock.close();
  }
}

function moveAside(directory: string, names: readonly string[]): SetAside {
  const parent = join(directory, "set-aside");
  mkdirSync(parent, { recursive: true, mode: 0o750 });
  const aside = freeName(join(parent, "before-restore"));
  mkdirSync(aside, { mode: 0o750 });
  for (const name of names) renameSync(join(directory, name), join(aside, name));
  for (const path of [aside, parent, directory]) syncDirectory(path);
  return { directory: aside, ...readable(aside) };
}

/** Numbered, because the clock may be wrong, and nothing may be overwritten. */
function freeName(path: string): string {
  for (let n = 1; ; n += 1) if (!existsSync(`${path}-${n}`)) return `${path}-${n}`;
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
