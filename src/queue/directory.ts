import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  lchownSync,
  mkdirSync,
  openSync,
  readdirSync,
  statfsSync,
  statSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type Failure, LedgerError } from "./ledger-error.ts";

/** File systems whose content is gone after a restart (`f_type` in statfs(2), linux/magic.h). */
const VOLATILE: ReadonlyMap<number, string> = new Map([
  [0x01021994, "tmpfs"],
  [0x858458f6, "ramfs"],
  [0x794c7630, "overlayfs"],
]);

export interface DirectoryRules {
  /** Lets the ledger live where a restart empties it: demo and tests only. */
  readonly allowVolatile?: boolean;
}

/** What stands against keeping a ledger in this directory, looking only: nothing is created. */
export function directoryProblem(
  directory: string,
  { allowVolatile = false }: DirectoryRules = {},
): Failure | undefined {
  const path = resolve(directory);
  if (!existsSync(path)) {
    const parent = dirname(path);
    if (!existsSync(parent)) return { code: "store.missing", detail: `neither ${path} nor ${parent} exists` };
    return directoryProblem(parent, { allowVolatile });
  }
  if (!statSync(path).isDirectory()) return { code: "store.notADirectory", detail: `${path} is a file` };
  try {
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    return { code: "store.notWritable", detail: `${path} cannot be written (${errorCode(error)})` };
  }
  const fileSystem = VOLATILE.get(statfsSync(path).type);
  if (fileSystem === undefined || allowVolatile) return undefined;
  return { code: "store.volatile", detail: `${path} is on ${fileSystem}` };
}

/**
 * Makes the directory when only its last part is missing.
 *
 * @throws LedgerError with what stands against it.
 */
export function prepareDirectory(directory: string, rules: DirectoryRules): void {
  const problem = directoryProblem(directory, rules);
  if (problem !== undefined) throw new LedgerError(problem);
  const path = resolve(directory);
  if (existsSync(path)) return;
  try {
    mkdirSync(path, { mode: 0o750 });
    syncDirectory(dirname(path));
  } catch (error) {
    throw new LedgerError({ code: "store.notWritable", detail: `${path} cannot be made (${errorCode(error)})` });
  }
}

/** Makes a new, renamed or removed name in it survive a power loss. */
export function syncDirectory(path: string): void {
  const handle = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Gives all in a directory to whom the directory belongs: what a root shell made, the gateway's user must be able to open. */
export function giveAllToOwner(directory: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(directory);
  for (const name of readdirSync(directory, { recursive: true, encoding: "utf8" }))
    lchownSync(join(directory, name), uid, gid);
}

/** Makes a file's content survive a power loss. */
export function syncFile(path: string): void {
  const handle = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
