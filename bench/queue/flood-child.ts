// Fills the ledger as fast as it goes and prints how long the event loop was kept from its timers meanwhile.
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setImmediate as nextTurn } from "node:timers/promises";
import { appendTogether } from "./loops.ts";
import { ledgerIn } from "./subjects.ts";

const [, , directory, target] = process.argv;
if (directory === undefined || target === undefined) throw new Error("usage: flood-child.ts DIRECTORY RECORDS");

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

await using ledger = await ledgerIn(directory);
const alone = await loopDelay(busyTurns);
let perSecond = 0;
const flooded = await loopDelay(async () => {
  perSecond = await appendTogether(ledger, CALLERS, Math.max(Number(target) - ledger.durable, 50_000));
});
console.log(JSON.stringify({ alone, flooded, perSecond }));
