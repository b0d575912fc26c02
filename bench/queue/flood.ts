import { monitorEventLoopDelay } from "node:perf_hooks";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Ledger } from "../../src/queue/ledger.ts";
import type { BenchContext, BenchRow } from "../row.ts";
import { appendTogether } from "./loops.ts";

/** As many as may wait: every answer lets some of them append again. */
const CALLERS = 5_000;
const RESOLUTION_MS = 1;

/** p99 in ms of what keeps the event loop from a timer that is due every millisecond, while `work` runs. */
async function loopDelay(work: () => Promise<unknown>): Promise<number> {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  await work();
  delays.disable();
  // The monitor records the time between two firings of its timer, so its own period has to go.
  return delays.percentile(99) / 1e6 - RESOLUTION_MS;
}

/** Turns of a millisecond and nothing else: what a shared machine does to any busy loop. */
async function busyTurns(): Promise<void> {
  const end = performance.now() + 3_000;
  while (performance.now() < end) {
    const turn = performance.now() + 1;
    while (performance.now() < turn);
    await nextTurn();
  }
}

/** Fills the ledger to `records` as fast as it goes and watches the main thread's event loop meanwhile. */
export async function flood(ledger: Ledger, records: number, context: BenchContext): Promise<BenchRow[]> {
  context.say(`a flood, until the ledger holds ${records.toLocaleString("en")} records`);
  context.signal.throwIfAborted();
  const alone = await loopDelay(busyTurns);
  let perSecond = 0;
  const ms = await loopDelay(async () => {
    perSecond = await appendTogether(ledger, CALLERS, Math.max(records - ledger.durable, 50_000));
  });
  return [
    {
      bench: "queue",
      row: `event loop delay p99 on the main thread during a flood (${Math.round(perSecond / 1000)}k appends/s)`,
      unit: "ms",
      ours: ms,
      peers: { "turns of 1 ms without a ledger": alone },
      ratio: null,
      target: "≤ 5 ms",
      met: ms <= 5,
    },
  ];
}
