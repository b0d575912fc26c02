import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { Instant } from "../../domain/clock.ts";
import { type Clock, rfc3339 } from "../../runtime/clock.ts";
import type { Log } from "../../runtime/log.ts";
import { replaceFile } from "../card-key-file.ts";
import { giveToOwner } from "../directory.ts";
import { LedgerError } from "../ledger-error.ts";
import { openLedger } from "../open-ledger.ts";
import { unpackBackup } from "./unpack.ts";
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

/** What a drill needs beside the backup: it opens the restored store as a gateway does. */
export interface DrillDeps {
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Restores a backup into a directory of its own under the system's temporary one, opens it as a gateway would, checks what
 * came out, and removes it: the store is not touched.
 *
 * @returns the number of records in the backup.
 * @throws LedgerError `backup.notABackup`, `backup.notWhole`, or what stands against a restore; the signal's reason.
 */
export async function drill(backup: string, { clock, log }: DrillDeps, signal: AbortSignal): Promise<number> {
  const { records, stream } = await verifyBackup(backup, signal);
  const scratch = mkdtempSync(join(tmpdir(), "tillgate-drill-"));
  try {
    const directory = join(scratch, "store");
    unpackBackup(backup, directory);
    await using ledger = await openLedger({ directory, clock, log, allowVolatile: true });
    if (ledger.stream === stream) throw notWhole(`restored, it went on as ${stream} instead of as a new stream`);
    const { firstBad } = await ledger.verify({ signal });
    if (firstBad !== undefined) throw notWhole(`restored, its record ${firstBad.seq} is bad: ${firstBad.reason}`);
    if (ledger.durable < records) throw notWhole(`restored, it holds ${ledger.durable} of ${records} records`);
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
  giveToOwner(path);
}

/** `undefined` when there was none, or nothing that can be read of it. */
export function lastDrill(directory: string): Drill | undefined {
  try {
    return drillSchema.safeParse(JSON.parse(readFileSync(join(directory, DRILL_FILE), "utf8"))).data;
  } catch {
    return undefined;
  }
}
