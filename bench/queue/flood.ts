import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Ledger } from "../../src/queue/ledger.ts";
import type { BenchContext, BenchRow } from "../row.ts";
import { appendTogether } from "./loops.ts";

/** As many as may wait: every answer lets some of them append again. */
const CALLERS = 5_000;
const RESOLUTION_MS = 1;

/** Fills the ledger to `records` as fast as it goes and watches the main thread's event loop meanwhile. */
export async function flood(ledger: Ledger, records: number, context: BenchContext): Promise<BenchRow[]> {
  context.say(`a flood, until the ledger holds ${records.toLocaleString("en")} records`);
  context.signal.throwIfAborted();
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  const perSecond = await appendTogether(ledger, CALLERS, Math.max(records - ledger.durable, 50_000));
  delays.disable();
  // The monitor records the time between two firings of its timer, so its own period has to go.
  const ms = delays.percentile(99) / 1e6 - RESOLUTION_MS;
  return [
    {
      bench: "queue",
      row: `event loop delay p99 on the main thread during a flood (${Math.round(perSecond / 1000)}k appends/s)`,
      unit: "ms",
      ours: ms,
      peers: {},
      ratio: null,
      target: "≤ 5 ms",
      met: ms <= 5,
    },
  ];
}
