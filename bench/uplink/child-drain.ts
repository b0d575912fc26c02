// Drains the ledger in DIRECTORY into the broker at URL and prints how long that took, and how much memory it needed
// over rest. Rest is an outage: everything is open, and nobody answers at URL. A line on standard input begins the drain.
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { ledgerIn } from "../queue/subjects.ts";
import { draining, whileRunning } from "./subject.ts";

const SETTLE_MS = 2_000;
const SAMPLE_MS = 20;

const [, , directory, url, window] = process.argv;
if (directory === undefined || url === undefined || window === undefined) {
  throw new Error("usage: child-drain.ts DIRECTORY URL WINDOW");
}

await using ledger = await ledgerIn(directory);
const records = ledger.durable - ledger.mark();

const rest = await whileRunning(draining(ledger, url, Number(window)), async () => {
  await delay(SETTLE_MS);
  return process.memoryUsage.rss();
});
console.log(JSON.stringify({ records, rest }));
await once(process.stdin, "data");
process.stdin.destroy();

let peak = rest;
const sampling = setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss());
}, SAMPLE_MS);
const uplink = draining(ledger, url, Number(window));
const ms = await whileRunning(uplink, async () => {
  while (uplink.counters()["recordsSent"] === 0) await delay(1);
  const startedAt = performance.now();
  while (ledger.mark() < ledger.durable) await delay(1);
  return performance.now() - startedAt;
});
clearInterval(sampling);
console.log(JSON.stringify({ records, ms, rest, peak }));
