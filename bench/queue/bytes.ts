import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { Ledger } from "../../src/queue/ledger.ts";
import type { BenchContext, BenchRow } from "../row.ts";
import { appendOneByOne, appendTogether, commitOneByOne, commitTogether } from "./loops.ts";
import type { BareSqlite } from "./subjects.ts";

const ONE_BY_ONE = 6_000;
const TOGETHER = 64_000;
const CALLERS = 32;

/** What this process, all its threads, caused to be written to a disk (proc(5), `/proc/pid/io`). */
function writeBytes(): number {
  const found = /^write_bytes: (\d+)$/m.exec(readFileSync("/proc/self/io", "utf8"));
  if (found === null) throw new Error("/proc/self/io does not say write_bytes");
  return Number(found[1]);
}

async function bytesPer(count: number, write: () => unknown): Promise<number> {
  const before = writeBytes();
  await write();
  // Checkpoints run inside commits: when the last one has returned, all that it cost is counted.
  await delay(50);
  return (writeBytes() - before) / count;
}

/** Checkpoints included: the loops are long enough for several. */
export async function bytesWritten(ledger: Ledger, bare: BareSqlite, context: BenchContext): Promise<BenchRow[]> {
  context.say("bytes written");
  context.signal.throwIfAborted();
  const bareAlone = await bytesPer(ONE_BY_ONE, () => commitOneByOne(bare, ONE_BY_ONE));
  const alone = await bytesPer(ONE_BY_ONE, async () => appendOneByOne(ledger, ONE_BY_ONE));
  const bareTogether = await bytesPer(TOGETHER, () => commitTogether(bare, CALLERS, TOGETHER));
  const together = await bytesPer(TOGETHER, async () => appendTogether(ledger, CALLERS, TOGETHER));
  return [
    {
      bench: "queue",
      row: "bytes written to disk per append of 400 bytes, one at a time",
      unit: "bytes",
      ours: alone,
      peers: { "bare better-sqlite3": bareAlone },
      ratio: alone / bareAlone,
      target: "≤ 1.05 ×",
      met: alone <= bareAlone * 1.05,
    },
    {
      bench: "queue",
      row: `bytes written to disk per append of 400 bytes, ${CALLERS} at once`,
      unit: "bytes",
      ours: together,
      peers: { "bare better-sqlite3, 32 rows a commit": bareTogether },
      ratio: together / bareTogether,
      target: "≤ 1,500 bytes",
      met: together <= 1_500,
    },
  ];
}
