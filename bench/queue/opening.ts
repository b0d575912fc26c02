import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { DAEMON_FLAGS } from "../daemon-flags.ts";
import { median } from "../median.ts";
import type { BenchContext, BenchRow } from "../row.ts";

const RUNS = 9;

/** What opening-child.ts prints. */
const timed = z.object({ firstAppendMs: z.number(), withSnapshotMs: z.number(), unsent: z.int() });

/** In fresh processes with Node's compile cache filled, as the package starts the daemon. */
export async function opening(directory: string, context: BenchContext): Promise<BenchRow[]> {
  context.say("opening");
  const run = async (mode: "plain" | "snapshot"): Promise<z.output<typeof timed>> => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [...DAEMON_FLAGS, join(import.meta.dirname, "opening-child.ts"), directory, mode],
      { env: { ...process.env, NODE_COMPILE_CACHE: `${context.scratch}/compile-cache` }, signal: context.signal },
    );
    return timed.parse(JSON.parse(stdout));
  };
  await run("plain");
  await run("snapshot");
  const plain: number[] = [];
  const restored: number[] = [];
  let unsent = 0;
  for (let n = 0; n < RUNS; n += 1) {
    const one = await run("plain");
    plain.push(one.firstAppendMs);
    restored.push((await run("snapshot")).withSnapshotMs);
    unsent = one.unsent;
  }
  return [
    { row: "until the first append is durable", ours: median(plain), limit: 150 },
    { row: "and a snapshot with its tail of 2,000 records restored", ours: median(restored), limit: 300 },
  ].map(({ row, ours, limit }) => ({
    bench: "queue",
    row: `open with ${unsent.toLocaleString("en")} unsent records, ${row}`,
    unit: "ms",
    ours,
    peers: {},
    ratio: null,
    target: `≤ ${limit} ms`,
    met: ours <= limit,
  }));
}
