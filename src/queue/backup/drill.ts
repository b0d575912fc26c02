import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { Instant } from "../../domain/clock.ts";
import { rfc3339 } from "../../runtime/clock.ts";
import { replaceFile } from "../card-key-file.ts";
import { giveAllToOwner } from "../directory.ts";
import { LedgerError } from "../ledger-error.ts";
import { openOfflineLedger } from "../offline.ts";
import type { Moment } from "../salvage/carry-over.ts";
import { restoreBackup } from "./restore.ts";
import { verifyBackup } from "./verify-backup.ts";

const DRILL_FILE = "restore-drill.json";

const drillSchema = z.object({
  /** RFC 3339. */
  at: z.iso.datetime(),
  /** Whether the clock was known to be right. */
  clockSynced: z.boolean(),
  ok: z.boolean(),
  /** Name of the backup that was tried. */
  backup: z.string(),
  /** Records in it; absent when it could not be read. */
  records: z.int().exactOptional(),
  /** Why it failed. */
  reason: z.string().exactOptional(),
});
/** How the last trial of a backup ended. */
export type Drill = z.output<typeof drillSchema>;

/**
 * Restores a backup into a directory of its own under the system's temporary one, checks what came out, and removes it:
 * the store is not touched.
 *
 * @returns the number of records in the backup.
 * @throws LedgerError `backup.notABackup`, `backup.notWhole`, or what stands against a restore; the signal's reason.
 */
export async function drill(backup: string, moment: Moment, signal: AbortSignal): Promise<number> {
  const { records } = await verifyBackup(backup, signal);
  const scratch = mkdtempSync(join(tmpdir(), "tillgate-drill-"));
  try {
    const directory = join(scratch, "store");
    const { change } = await restoreBackup({ from: backup, directory, setAside: false, moment }, signal);
    using ledger = openOfflineLedger(directory);
    const { firstBad } = await ledger.verify({ signal });
    if (ledger.stream !== change.begun) throw notWhole(`restored, it goes on as ${ledger.stream}, not ${change.begun}`);
    if (firstBad !== undefined) throw notWhole(`restored, its record ${firstBad.seq} is bad: ${firstBad.reason}`);
    const { carried, heldByHq } = change.result;
    const found = carried.count + heldByHq.count;
    if (found !== records) throw notWhole(`restored, ${found} of its ${records} records are found again`);
    return records;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function notWhole(detail: string): LedgerError {
  return new LedgerError({ code: "backup.notWhole", detail });
}

/** Leaves the result where health finds it. */
export async function noteDrill(
  directory: string,
  drilled: Omit<Drill, "at"> & { readonly at: Instant },
): Promise<void> {
  const path = join(directory, DRILL_FILE);
  await replaceFile(path, `${JSON.stringify({ ...drilled, at: rfc3339(drilled.at) } satisfies Drill)}\n`);
  giveAllToOwner(directory);
}

/** `undefined` when there was none, or nothing that can be read of it. */
export function lastDrill(directory: string): Drill | undefined {
  try {
    return drillSchema.safeParse(JSON.parse(readFileSync(join(directory, DRILL_FILE), "utf8"))).data;
  } catch {
    return undefined;
  }
}
