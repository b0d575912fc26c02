import { open, stat, statfs, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { StoreConfig } from "../../config/schema.ts";
import { directoryProblem } from "../../queue/directory.ts";
import { LedgerError } from "../../queue/ledger-error.ts";
import { failure, fine, type Finding, warning } from "./finding.ts";

/** `f_type` of statfs(2) (linux/magic.h): SQLite's WAL needs memory that all its users share, so not over a network (sqlite.org/wal.html). */
const NETWORK: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB"],
  [0x01021997, "9P"],
]);
/** No journal: a power cut can take the directory entry of a file that was written long before. */
const NO_JOURNAL: ReadonlyMap<number, string> = new Map([
  [0x4d44, "FAT"],
  [0x2011bab0, "exFAT"],
]);

/** Bytes. A full store of 250,000 records takes 256 MiB; below 64 MiB nothing but money would still be written. */
const WANTED_FREE = 256 * 2 ** 20;
const NEEDED_FREE = 64 * 2 ** 20;

/** Whether a ledger can be kept here and survives a power cut. Leaves nothing behind. */
export async function storeCheck({
  directory,
  allowVolatile,
}: Pick<StoreConfig, "directory" | "allowVolatile">): Promise<Finding[]> {
  const what = `store ${directory}`;
  const problem = directoryProblem(directory, { allowVolatile });
  if (problem !== undefined) {
    const { detail, remedy } = new LedgerError(problem);
    return [failure(what, detail, remedy)];
  }
  const place = (await exists(directory)) ? directory : dirname(directory);
  return [...(await fileSystemFindings(what, place)), await writeFinding(what, place)];
}

async function fileSystemFindings(what: string, place: string): Promise<Finding[]> {
  const { type, bavail, bsize } = await statfs(place);
  const network = NETWORK.get(type);
  const noJournal = NO_JOURNAL.get(type);
  const free = bavail * bsize;
  const space = `${Math.floor(free / 2 ** 20)} MiB free`;
  const findings: Finding[] = [];
  if (network !== undefined) {
    findings.push(failure(what, `on ${network}, a network file system`, "name a directory on a local disk or card"));
  }
  if (noJournal !== undefined) {
    findings.push(warning(what, `on ${noJournal}, which has no journal`, "use ext4: a power cut can lose whole files"));
  }
  if (free < NEEDED_FREE) findings.push(failure(what, space, "free space on that disk: at least 64 MiB"));
  else if (free < WANTED_FREE)
    findings.push(warning(what, space, "free space on that disk: 256 MiB hold a full store"));
  else findings.push(fine(what, space));
  return findings;
}

/** Permission bits do not say everything: a card that is worn out is mounted read-only, or fails at fsync. */
async function writeFinding(what: string, place: string): Promise<Finding> {
  const path = join(place, `.tillgate-check-${process.pid}`);
  try {
    const file = await open(path, "wx", 0o600);
    try {
      await file.writeFile("tillgate check");
      await file.sync();
    } finally {
      await file.close();
      await unlink(path);
    }
    return fine(what, "writes reach the disk");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return failure(what, `a trial file cannot be written: ${reason}`, "check the disk, its mount and its owner");
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
