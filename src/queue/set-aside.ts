import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Instant } from "../domain/clock.ts";
import type { StreamCause } from "../domain/gap.ts";
import { syncDirectory } from "./directory.ts";
import { LEDGER_FILE } from "./schema.ts";

/** Damaged ledgers stand in the first, whole ones whose stream had to end in the second. Nothing of ours removes any. */
const PARENTS = ["quarantine", "set-aside"] as const;
const PARTS = ["-wal", "-shm", "-journal", ""] as const;

/** A new ledger that is being built, and one that is complete: with that name the change is decided. */
const BUILDING = "ledger.db.building";
const NEXT = "ledger.db.next";

/** Where the old file will stand, and where the new one is built until then. */
export interface ChangeFolder {
  /** Below the store's directory, e.g. `quarantine/2026-11-25T221300Z-1`. */
  readonly name: string;
  readonly building: string;
}

/** A folder with a name that none had before: dated for people, numbered because the clock may be wrong. */
export function makeChangeFolder(directory: string, because: StreamCause, at: Instant): ChangeFolder {
  const [quarantine, setAside] = PARENTS;
  const parent = because === "salvaged" ? quarantine : setAside;
  mkdirSync(join(directory, parent), { recursive: true, mode: 0o750 });
  const date = new Date(at).toISOString().slice(0, 19).replaceAll(":", "");
  for (let n = 1; ; n += 1) {
    const name = join(parent, `${because === "salvaged" ? "" : `${because}-`}${date}Z-${n}`);
    const path = join(directory, name);
    if (existsSync(path)) continue;
    mkdirSync(path, { mode: 0o750 });
    syncDirectory(join(directory, parent));
    syncDirectory(directory);
    return { name, building: join(path, BUILDING) };
  }
}

export function countQuarantined(directory: string): number {
  const path = join(directory, PARENTS[0]);
  return existsSync(path) ? readdirSync(path).length : 0;
}

/** The new ledger is complete and on disk: from here on a start ends what this one may not. */
export function decideChange(directory: string, { name, building }: ChangeFolder): void {
  renameSync(building, join(directory, name, NEXT));
  syncDirectory(join(directory, name));
}

/**
 * Ends a change that was decided: the old ledger with all its parts goes into its folder, then the new one takes its place.
 * Begun anew after a kill at any point, it comes to the same end. What a kill left half built is removed.
 *
 * @returns whether there was one.
 */
export function finishChange(directory: string): boolean {
  for (const parent of PARENTS) {
    const inParent = join(directory, parent);
    for (const entry of existsSync(inParent) ? readdirSync(inParent, { withFileTypes: true }) : []) {
      if (!entry.isDirectory()) continue;
      const folder = join(inParent, entry.name);
      if (existsSync(join(folder, NEXT))) {
        changeOver(directory, folder);
        return true;
      }
      removeHalfBuilt(folder);
    }
  }
  return false;
}

function changeOver(directory: string, folder: string): void {
  const path = join(directory, LEDGER_FILE);
  // The database itself last: until then the old one is what a person sees under its name.
  for (const part of PARTS) {
    if (existsSync(path + part)) renameSync(path + part, freeName(join(folder, LEDGER_FILE + part)));
  }
  syncDirectory(folder);
  syncDirectory(directory);
  renameSync(join(folder, NEXT), path);
  syncDirectory(directory);
  syncDirectory(folder);
}

function removeHalfBuilt(folder: string): void {
  for (const part of PARTS) rmSync(join(folder, BUILDING + part), { force: true });
  if (readdirSync(folder).length === 0) rmdirSync(folder);
}

/** Somebody may have put a file of that name there. */
function freeName(path: string): string {
  if (!existsSync(path)) return path;
  for (let n = 1; ; n += 1) {
    if (!existsSync(`${path}.${n}`)) return `${path}.${n}`;
  }
}
