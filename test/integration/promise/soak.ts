// `npm run test:soak -- --minutes N`: kills of a daemon in the middle of payments, then faults upon faults for so long, and
// each time what became of it.
import { Command, InvalidArgumentError } from "commander";
import { seededRandom } from "../../../src/sim/seeded-random.ts";
import { drawWeighted, type Weighted } from "../../../src/sim/weighted.ts";
import { soakPayments } from "../payments-killed/soak-payments.ts";
import { type Fault, FAULTS, type Struck } from "./faults.ts";
import { Stand } from "./stand.ts";
import { isKept, Storm, type StormReport } from "./storm.ts";

/** How often each sort is drawn: kills of the gateway and of its broker are what a shop sees most. */
const WEIGHTS: Readonly<Record<Struck, number>> = {
  writer: 6,
  broker: 3,
  line: 1,
  headquarters: 1,
  disk: 1,
  files: 1,
  clock: 1,
};

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("a number above 0");
  return value;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError("a whole number from 0 on");
  return value;
}

function tell(text: string): void {
  process.stdout.write(`${text}\n`);
}

function row(name: string, value: number | string): string {
  return `  ${name.padEnd(52)}${typeof value === "number" ? value.toLocaleString("en").padStart(12) : value.padStart(12)}`;
}

function tableOf({ injected, kills, refused, verdict, orderBreaks, alarms }: StormReport): string {
  const faults = [...injected].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, count]) => row(name, count));
  const injectedInAll = [...injected.values()].reduce((sum, count) => sum + count, 0);
  const rows = ["Faults injected", ...faults, row("in all", injectedInAll)];
  rows.push(row("kill -9 of the gateway", kills.writer), row("kill -9 of the broker", kills.broker));
  if (verdict === undefined) return [...rows, "", "Nothing was looked at yet."].join("\n");
  const { lost, duplicated } = verdict;
  return [
    ...rows,
    "",
    "What became of the records",
    row("acknowledged", verdict.records),
    row("at headquarters", verdict.arrived),
    row("not there, and named: parked", verdict.parked),
    row("not there, and named: quarantined", verdict.quarantined),
    row("not there, and named: freed after a confirmation", verdict.unavailable),
    row("refused at the till (never acknowledged)", refused),
    row("lost", lost.length),
    row("duplicated", duplicated.length),
    row("order breaks", orderBreaks),
    row("forks", verdict.forks),
    row("chain breaks", verdict.chainBreaks),
    row("damaged messages", verdict.damaged),
    row("alarms that no fault explains", alarms.length),
    ...[...lost, ...duplicated, ...alarms].map((what) => `    ${what}`),
  ].join("\n");
}

interface SoakOptions {
  readonly minutes: number;
  readonly kills: number;
  readonly seed: number;
  readonly faults: RegExp;
}

async function soak({ minutes, kills, seed, faults }: SoakOptions): Promise<void> {
  const [first, ...others] = FAULTS.filter(({ name }) => faults.test(name)).map((fault): Weighted<Fault> => [
    fault,
    WEIGHTS[fault.strikes],
  ]);
  if (first === undefined) throw new Error(`no fault is called like ${faults.source}`);
  tell(`TILLGATE_SEED=${seed}`);
  const interrupted = new AbortController();
  process.once("SIGINT", () => interrupted.abort());
  const isPaid = kills === 0 || (await soakPayments({ kills, seed, signal: interrupted.signal, tell }));
  const until = performance.now() + minutes * 60_000;
  const random = seededRandom(seed);
  await using stand = await Stand.open({ seed, pauseMs: 40 });
  const storm = new Storm(stand, random);
  try {
    for (let count = 1; performance.now() < until && !interrupted.signal.aborted; count += 1) {
      const fault = drawWeighted([first, ...others], random());
      const wasLookedAt = await storm.strike(fault);
      const { verdict } = storm.report();
      const found = wasLookedAt && verdict !== undefined ? `, ${verdict.arrived} of ${verdict.records} there` : "";
      tell(`${String(count).padStart(5)}  ${fault.name}${found}`);
      if (wasLookedAt && !isKept(storm.report())) break;
    }
    await storm.look();
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
  } finally {
    tell(`\n${tableOf(storm.report())}`);
  }
  process.exitCode = isPaid && isKept(storm.report()) ? 0 : 1;
}

const options = new Command("test:soak")
  .description(
    "Kills of a daemon in the middle of payments, then random faults against a real ledger, uplink, mosquitto and headquarters; exit 0 only if nothing is lost or doubled",
  )
  .option("--minutes <n>", "how long the faults come, after the kills", positive, 10)
  .option("--kills <n>", "of a daemon in the middle of ZVT payments, before that; 0 for none", wholeNumber, 100)
  .option("--seed <n>", "plays a run again", positive, Number(process.env["TILLGATE_SEED"] ?? 1 + (Date.now() % 1e6)))
  .option("--faults <pattern>", "only those whose names fit", (text) => new RegExp(text), /./)
  .parse()
  .opts<SoakOptions>();
await soak(options);
