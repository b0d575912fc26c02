import { join } from "node:path";
import { openLedger } from "../../queue/open-ledger.ts";
import { silentLog } from "../../runtime/log.ts";
import type { Finding, Trial } from "./trial.ts";

const COMMITS = 256;
/** ms, 99th percentile of a commit. Beyond the first a sale is felt; beyond the second a card is dying (field-lessons.md, C1). */
const SLOW_MS = 100;
const DYING_MS = 250;
/** ms. A dying card would keep a technician waiting. */
const AT_MOST_MS = 8_000;
/** SQLite's number for `synchronous=FULL` (sqlite.org/pragma.html#pragma_synchronous). */
const FULL = 2;

/** What this disk and this SQLite do with a commit, and whether the clock is right. */
export const durability: Trial = async ({ directory, clock }, signal) => {
  await using ledger = await openLedger({
    directory: join(directory, "durability"),
    clock,
    log: silentLog,
    allowVolatile: true,
  });
  const deadline = clock.monotonicMs() + AT_MOST_MS;
  for (let n = 0; n < COMMITS && clock.monotonicMs() < deadline; n += 1) {
    signal.throwIfAborted();
    await ledger.append({ kind: "transaction", body: { event: "selftest", n, pad: "x".repeat(300) } });
  }
  const { journalMode: journal, synchronous } = await ledger.durability();
  const { p50Ms, p99Ms } = ledger.counters();
  return [
    howDurable(journal, synchronous),
    howFast({ p50: round(p50Ms), p99: round(p99Ms) }),
    { name: clock.stamp().synced ? "clockSynced" : "clockNotSynced", figures: {} },
  ];
};

function howDurable(journal: string, synchronous: number): Finding {
  if (synchronous < FULL) return { name: "notDurable", figures: { journal, synchronous } };
  return { name: journal === "wal" ? "durable" : "noWal", figures: { journal } };
}

function howFast(figures: { readonly p50: number; readonly p99: number }): Finding {
  if (figures.p99 > DYING_MS) return { name: "diskDying", figures };
  return { name: figures.p99 > SLOW_MS ? "diskSlow" : "diskFast", figures };
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
