import { type HealthNode, wholeOf } from "../domain/health.ts";

/** What is known of the copies of the ledger. */
export interface BackupFacts {
  /** Hours between two backups. */
  readonly everyH: number;
  /** Whether somebody has looked yet. */
  readonly isKnown: boolean;
  /** The directory for backups shares a disk or card with the store. */
  readonly onStoresDisk: boolean;
  /** Records that the newest backup does not hold; absent when there is none. */
  readonly recordsSince?: number;
  /** Hours; absent when there is none, or when no clock tells. */
  readonly ageH?: number;
  /** Of the last attempt, until one succeeds. */
  readonly failure?: { readonly code: string; readonly remedy: string };
  /** The last restore drill. */
  readonly drill?: { readonly at: string; readonly ok: boolean; readonly reason?: string };
}

/** A backup that is older, while records were added, means that something keeps it from being made. */
const OVERDUE = 2;

export function backupNode(facts: BackupFacts): HealthNode {
  const { drill } = facts;
  return wholeOf("backup", [
    { weight: "degrading", node: copyNode(facts) },
    ...(drill === undefined ? [] : [{ weight: "degrading" as const, node: drillNode(drill) }]),
  ]);
}

function copyNode({ everyH, isKnown, onStoresDisk, recordsSince, ageH, failure }: BackupFacts): HealthNode {
  const name = "copy";
  const value = ageH === undefined ? {} : { observedValue: Math.round(ageH * 10) / 10, observedUnit: "h" };
  if (failure !== undefined) {
    return { name, status: "warn", ...value, reason: `no backup can be made: ${failure.code}`, advice: failure.remedy };
  }
  if (!isKnown) return { name, status: "unknown", reason: "nobody has looked for backups yet" };
  if (recordsSince === undefined) return { name, status: "unknown", reason: "the first backup is under way" };
  if (recordsSince > 0 && ageH !== undefined && ageH > OVERDUE * everyH) {
    return {
      name,
      status: "warn",
      ...value,
      reason: `the newest backup lacks ${recordsSince} records`,
      advice: "Run `tillgate backup` by hand and read what it says.",
    };
  }
  if (!onStoresDisk) return { name, status: "pass", ...value };
  return {
    name,
    status: "warn",
    ...value,
    reason: "backups lie on the store's own disk: they do not survive it",
    advice: "Plug in another disk or mount a share, and name a directory on it in store.backup.directory.",
  };
}

function drillNode({ at, ok, reason = "" }: NonNullable<BackupFacts["drill"]>): HealthNode {
  const name = "drill";
  const value = { observedValue: at };
  if (ok) return { name, status: "pass", ...value };
  return {
    name,
    status: "warn",
    ...value,
    reason: `a backup could not be restored: ${reason}`,
    advice: "Run `tillgate backup`, then `tillgate restore --drill` on the new one.",
  };
}
