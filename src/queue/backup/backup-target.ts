import { accessSync, constants, existsSync, readdirSync, renameSync, rmSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { StreamId } from "../../domain/record.ts";
import { syncDirectory } from "../directory.ts";
import { type Failure, LedgerError, type LedgerErrorCode } from "../ledger-error.ts";
import { failureOf } from "../sqlite.ts";
import { backupsOf, partName, partsOf } from "./backup-name.ts";

/** Room for what the manifest and the snapshots add. */
const SPARE_BYTES = 1024 * 1024;

/** The directory that a backup goes to. */
export class BackupTarget {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** @throws LedgerError `backup.noDirectory`, `backup.notWritable`. */
  check(): void {
    const directory = this.#directory;
    if (!existsSync(directory) || !statSync(directory).isDirectory()) {
      throw new LedgerError({ code: "backup.noDirectory", detail: `there is no directory ${directory}` });
    }
    try {
      accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    } catch (cause) {
      throw new LedgerError({ code: "backup.notWritable", detail: `${directory} cannot be written` }, { cause });
    }
  }

  /**
   * Makes room for a copy: what a killed process left is removed, what one that still runs is making stays.
   *
   * @returns its path until it is verified.
   * @throws LedgerError `backup.full`.
   */
  begin(stream: StreamId, bytes: number): string {
    for (const { name, pid } of partsOf(stream, readdirSync(this.#directory))) {
      if (pid === process.pid || !isRunning(pid)) rmSync(join(this.#directory, name), { force: true });
    }
    const { bavail, bsize } = statfsSync(this.#directory);
    const free = bavail * bsize;
    if (free < bytes + SPARE_BYTES) {
      const detail = `${this.#directory} has ${mebibytes(free)} free, a copy takes ${mebibytes(bytes)}`;
      throw new LedgerError({ code: "backup.full", detail });
    }
    return join(this.#directory, partName(stream, process.pid));
  }

  /** @returns the path of what is now a backup, also after a power loss. */
  finish(part: string, name: string): string {
    const path = join(this.#directory, name);
    renameSync(part, path);
    syncDirectory(this.#directory);
    return path;
  }

  giveUp(part: string): void {
    for (const suffix of ["", "-journal"]) rmSync(part + suffix, { force: true });
  }

  /**
   * Removes all but the newest `keep` backups.
   *
   * @param streams  This ledger's, then the one that it continues, whose backups are older than all of this one's.
   * @returns the names of those that went.
   */
  prune(streams: readonly StreamId[], keep: number): readonly string[] {
    const names = readdirSync(this.#directory);
    const old = streams.flatMap((stream) => backupsOf(stream, names)).slice(keep);
    for (const { name } of old) rmSync(join(this.#directory, name), { force: true });
    return old.map(({ name }) => name);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

const TARGET_CODES: Readonly<Partial<Record<LedgerErrorCode, LedgerErrorCode>>> = {
  "store.full": "backup.full",
  "store.ioError": "backup.ioError",
  "store.readOnly": "backup.notWritable",
  "store.notWritable": "backup.notWritable",
};
const SYSTEM_CODES: ReadonlyMap<unknown, LedgerErrorCode> = new Map([
  ["ENOSPC", "backup.full"],
  ["EDQUOT", "backup.full"],
  ["EACCES", "backup.notWritable"],
  ["EPERM", "backup.notWritable"],
  ["EROFS", "backup.notWritable"],
]);

/** Why a copy could not be written, for what was thrown while it was. The ledger itself is only read meanwhile. */
export function copyFailure(error: unknown): Failure {
  if (error instanceof LedgerError) return { code: error.code, detail: error.detail };
  if (error instanceof Error && "syscall" in error && "code" in error) {
    return { code: SYSTEM_CODES.get(error.code) ?? "backup.ioError", detail: error.message };
  }
  const { code, detail } = failureOf(error);
  return { code: TARGET_CODES[code] ?? code, detail };
}

function mebibytes(bytes: number): string {
  return `${Math.floor(bytes / 2 ** 20)} MiB`;
}
