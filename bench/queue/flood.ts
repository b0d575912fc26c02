import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { DAEMON_FLAGS } from "../daemon-flags.ts";
import type { BenchContext, BenchRow } from "../row.ts";

/** What flood-child.ts prints; ms. */
const watched = z.object({ alone: z.number(), flooded: z.number(), perSecond: z.number() });

/** Fills the ledger to `records` as fast as it goes, in a process started as the package starts the daemon. */
export async function flood(directory: string, records: number, context: BenchContext): Promise<BenchRow[]> {
  context.say(`a flood, until the ledger holds ${records.toLocaleString("en")} records`);
  context.signal.throwIfAborted();
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...DAEMON_FLAGS, join(import.meta.dirname, "flood-child.ts"), directory, String(records)],
    { signal: context.signal },
  );
  const { alone, flooded, perSecond } = watched.parse(JSON.parse(stdout));
  return [
    {
      bench: "queue",
      row: `event loop delay p99 on the main thread during a flood (${Math.round(perSecond / 1000)}k appends/s)`,
      unit: "ms",
      ours: flooded,
      peers: { "turns of 1 ms without a ledger": alone },
      ratio: null,
      target: "≤ 5 ms",
      met: flooded <= 5,
    },
  ];
}
