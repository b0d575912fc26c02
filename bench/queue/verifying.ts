import type { Ledger } from "../../src/queue/ledger.ts";
import { percentile } from "../percentile.ts";
import type { BenchContext, BenchRow } from "../row.ts";
import { appendOneByOne } from "./loops.ts";

const ROUNDS = 4;
const BLOCK = 2_500;

/** Appends one at a time, with and without a check of the whole chain running in the reader thread, block by block. */
export async function verifying(ledger: Ledger, context: BenchContext): Promise<BenchRow[]> {
  context.say("appends while the chain is checked");
  const idle: number[] = [];
  const busy: number[] = [];
  let verified = 0;
  let verifyingMs = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    context.signal.throwIfAborted();
    idle.push(...(await appendOneByOne(ledger, BLOCK)));
    const stop = new AbortController();
    const startedAt = performance.now();
    const checking = checkUntil(ledger, stop.signal);
    busy.push(...(await appendOneByOne(ledger, BLOCK)));
    verifyingMs += performance.now() - startedAt;
    stop.abort();
    verified += await checking;
  }
  const figures = { idle: percentile(idle, 0.99), busy: percentile(busy, 0.99) };
  const ratio = figures.busy / figures.idle;
  const perSecond = (verified / verifyingMs) * 1000;
  return [
    {
      bench: "queue",
      row: `append p99 while journal verify runs (at ${Math.round(perSecond / 1000)}k records/s)`,
      unit: "ms",
      ours: figures.busy,
      peers: { "the same, idle": figures.idle },
      ratio,
      target: "≤ 2 × idle",
      met: ratio <= 2,
    },
    {
      bench: "queue",
      row: "journal verify while appends go on",
      unit: "records/s",
      ours: perSecond,
      peers: {},
      ratio: null,
      target: "≥ 100,000 records/s",
      met: perSecond >= 100_000,
    },
  ];
}

/** Checks again and again. @returns records checked. */
async function checkUntil(ledger: Ledger, signal: AbortSignal): Promise<number> {
  let done = 0;
  let inThisRun = 0;
  try {
    for (;;) {
      const { ok, records } = await ledger.verify({
        signal,
        onProgress: (upTo) => {
          inThisRun = upTo;
        },
      });
      if (!ok) throw new Error("the chain is broken");
      done += records;
      inThisRun = 0;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    return done + inThisRun;
  }
}
