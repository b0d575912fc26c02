import type { Ledger } from "../../src/queue/ledger.ts";
import { median } from "../median.ts";
import { percentile } from "../percentile.ts";
import type { BenchContext, BenchRow } from "../row.ts";
import { appendOneByOne, appendTogether, commitOneByOne, commitTogether } from "./loops.ts";
import type { BareSqlite } from "./subjects.ts";

const ROUNDS = 8;
/** Rows in one block, ours and the peer's in turn: the same code read twice as slow when its blocks were not interleaved. */
const BLOCK = 2_500;
const BLOCK_TOGETHER = 8_000;
const CALLERS = 32;

/** One at a time: closed loop, through the worker, beside a commit of the same size in the caller's own thread. */
export async function latency(ledger: Ledger, bare: BareSqlite, context: BenchContext): Promise<BenchRow[]> {
  context.say("one append at a time");
  const ours: number[] = [];
  const peer: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    context.signal.throwIfAborted();
    const both = { peer: commitOneByOne(bare, BLOCK), ours: await appendOneByOne(ledger, BLOCK) };
    if (round === 0) continue;
    peer.push(...both.peer);
    ours.push(...both.ours);
  }
  return [
    { name: "p50", share: 0.5, limit: 1.6 },
    { name: "p99", share: 0.99, limit: 2.5 },
  ].map(({ name, share, limit }) => {
    const figures = { ours: percentile(ours, share), peer: percentile(peer, share) };
    const ratio = figures.ours / figures.peer;
    return {
      bench: "queue",
      row: `one durable append at a time, through the worker, ${name}`,
      unit: "ms",
      ours: figures.ours,
      peers: { "bare better-sqlite3": figures.peer },
      ratio,
      target: `≤ ${limit} ×`,
      met: ratio <= limit,
    };
  });
}

/** 32 callers, each of which waits for its record before it appends the next. */
export async function throughput(ledger: Ledger, bare: BareSqlite, context: BenchContext): Promise<BenchRow[]> {
  context.say(`${CALLERS} appenders at once`);
  const ours: number[] = [];
  const by16: number[] = [];
  const by32: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    context.signal.throwIfAborted();
    const all = {
      by16: commitTogether(bare, 16, BLOCK_TOGETHER),
      ours: await appendTogether(ledger, CALLERS, BLOCK_TOGETHER),
      by32: commitTogether(bare, 32, BLOCK_TOGETHER),
      oursAgain: await appendTogether(ledger, CALLERS, BLOCK_TOGETHER),
    };
    if (round === 0) continue;
    by16.push(all.by16);
    by32.push(all.by32);
    ours.push(all.ours, all.oursAgain);
  }
  return [
    { rows: 16, peer: median(by16), floor: 0.8 },
    { rows: 32, peer: median(by32), floor: 0.45 },
  ].map(({ rows, peer, floor }) => {
    const ratio = median(ours) / peer;
    return {
      bench: "queue",
      row: `${CALLERS} appenders at once, every append durable before it resolves, against ${rows} rows a commit`,
      unit: "rows/s",
      ours: median(ours),
      peers: { [`bare better-sqlite3, ${rows} rows a commit`]: peer },
      ratio,
      target: `≥ ${floor * 100} %`,
      met: ratio >= floor,
    };
  });
}
