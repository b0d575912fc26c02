import { copyFile, writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { silentLog } from "../src/runtime/log.ts";
import { startBroker } from "../src/sim/hq/broker.ts";
import { startHq } from "../src/sim/hq/hq.ts";
import { DAEMON_FLAGS } from "./daemon-flags.ts";
import { figuresOf, type ProcessFigures } from "./footprint/process-figures.ts";
import { readyPort, Started, type StartOptions } from "./footprint/started.ts";
import { median } from "./median.ts";
import { gatewayConfig } from "./relay/config.ts";
import { Peer } from "./relay/peer.ts";
import type { Bench, BenchContext, BenchRow } from "./row.ts";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const MB = 1e6;

const STARTS = 9;
const COLD_STARTS = 3;
const TERMINALS = 8;
/** What the start left to do (snapshots, the first check-up of the store) is not rest. ms. */
const SETTLE_MS = 75_000;
/** Rest has a rhythm of a minute (the store's tidying): whole ones. ms. */
const REST_MS = 120_000;
const HOUR_MS = 3_600_000;
const DELIVERED_WITHIN_MS = 10_000;

const BARE = "setInterval(() => {}, 1e6); console.log('ready')";

/**
 * What the daemon takes while nothing happens, and how fast it starts: from its sources, with the flags of the package and
 * a warm compile cache; broker and a small HQ beside it. Node-RED, the peer that targets.md names, is not installed here;
 * a bare Node stands in as the limit.
 */
export const run: Bench = async (context) => {
  const { scratch, signal } = context;
  await using stack = new AsyncDisposableStack();
  const host = stack.use(await Peer.fork("host.ts", []));
  const terminals = stack.use(await Peer.fork("terminals.ts", []));
  const broker = stack.use(await startBroker(`${scratch}/broker`));
  const deliveries = new Deliveries();
  const stopHq = new AbortController();
  const hq = startHq({
    url: broker.url,
    protocol: broker.protocol,
    tenant: "bench",
    databaseFile: `${scratch}/hq.db`,
    log: silentLog,
    onStored: () => deliveries.stored(),
  }).run(stopHq.signal);
  stack.defer(async () => {
    stopHq.abort(new Error("the benchmark is over"));
    await hq;
  });
  const config = `${scratch}/tillgate.yaml`;
  const brokerPort = Number(new URL(broker.url).port);
  await writeFile(
    config,
    gatewayConfig({ store: `${scratch}/store`, host: host.port, broker: brokerPort, terminals: TERMINALS }),
  );
  const daemon: StartOptions = {
    node: process.execPath,
    args: [...DAEMON_FLAGS, MAIN, "run", "--config", config],
    env: { NODE_COMPILE_CACHE: `${scratch}/compile-cache` },
  };

  context.say(`${STARTS} starts`);
  const bareMs = await bareStarts();
  await start(daemon, deliveries);
  const warm = await starts(STARTS, context, async () => start(daemon, deliveries));
  const cold = await coldStarts(context, daemon, deliveries);

  context.say(`at rest, ${TERMINALS} terminals, for ${(SETTLE_MS + REST_MS) / 1000} s`);
  await using resting = await startDaemon(daemon);
  await using bare = await startBare(process.execPath);
  // One sale each; their connections then stay open.
  await terminals.ask({ port: readyPort(resting.line), terminals: TERMINALS, sales: TERMINALS });
  await delay(SETTLE_MS, undefined, { signal });
  const before = await figuresOf(resting.pid);
  await delay(REST_MS, undefined, { signal });
  const after = await figuresOf(resting.pid);
  return [
    ...memoryRows(after, await figuresOf(bare.pid)),
    ...startRows(warm, { readyMs: 400, deliveredMs: 700, bareMs }, ""),
    ...(cold === undefined ? [] : startRows(cold, { readyMs: 800, deliveredMs: 1_200 }, ", cold")),
    processorRow(before, after),
    writtenRow(before, after),
  ];
};

/** Tells when HQ stored the first record since it was asked to look. */
class Deliveries {
  #first = Promise.withResolvers<number>();

  stored(): void {
    this.#first.resolve(performance.now());
  }

  look(): void {
    this.#first = Promise.withResolvers<number>();
  }

  /** @returns performance.now() of that moment. @throws Error when it does not come. */
  async first(): Promise<number> {
    const over = new AbortController();
    try {
      return await Promise.race([this.#first.promise, tooLate(over.signal)]);
    } finally {
      over.abort();
    }
  }
}

async function tooLate(signal: AbortSignal): Promise<never> {
  await delay(DELIVERED_WITHIN_MS, undefined, { signal });
  throw new Error("HQ stored nothing of a daemon that is ready");
}

/** ms since the process was started. */
interface Start {
  readonly readyMs: number;
  readonly deliveredMs: number;
}

async function startDaemon(daemon: StartOptions): Promise<Started> {
  return Started.run(daemon, (line) => readyPort(line) !== undefined);
}

/** Every start records itself: the first record that HQ stores is this start's own. */
async function start(daemon: StartOptions, deliveries: Deliveries): Promise<Start> {
  deliveries.look();
  await using started = await startDaemon(daemon);
  return { readyMs: started.lineAfterMs, deliveredMs: (await deliveries.first()) - started.startedAt };
}

async function starts(count: number, context: BenchContext, once: () => Promise<Start>): Promise<Start> {
  const all: Start[] = [];
  while (all.length < count) {
    context.signal.throwIfAborted();
    all.push(await once());
  }
  const [readyMs, deliveredMs] = [all.map((one) => one.readyMs), all.map((one) => one.deliveredMs)];
  context.say(`  ready after ${inWhole(readyMs)} ms; first record delivered after ${inWhole(deliveredMs)} ms`);
  return { readyMs: median(readyMs), deliveredMs: median(deliveredMs) };
}

async function startBare(node: string): Promise<Started> {
  return Started.run({ node, args: ["-e", BARE] }, (line) => line === "ready");
}

async function bareStarts(): Promise<number> {
  const all: number[] = [];
  while (all.length < STARTS) {
    await using bare = await startBare(process.execPath);
    all.push(bare.lineAfterMs);
  }
  return median(all);
}

/**
 * The kernel's cache is emptied before each start. It keeps what a running process has mapped, so the daemon runs a copy of
 * Node that nobody else uses; SQLite's library stays warm, HQ uses it.
 */
async function coldStarts(
  context: BenchContext,
  daemon: StartOptions,
  deliveries: Deliveries,
): Promise<Start | undefined> {
  const node = `${context.scratch}/node`;
  await copyFile(process.execPath, node);
  context.say(`${COLD_STARTS} cold starts`);
  try {
    return await starts(COLD_STARTS, context, async () => {
      await writeFile("/proc/sys/vm/drop_caches", "3");
      return start({ ...daemon, node }, deliveries);
    });
  } catch (error) {
    if (!isRefusal(error)) throw error;
    context.say("  left out: emptying the kernel's cache needs root");
    return undefined;
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && "code" in error && ["EACCES", "EPERM", "EROFS"].includes(String(error.code));
}

function memoryRows(ours: ProcessFigures, bare: ProcessFigures): readonly BenchRow[] {
  const row = { bench: "footprint", unit: "MB", ratio: null };
  return [
    {
      ...row,
      row: "resident memory at rest, 8 terminals",
      ours: ours.resident / MB,
      peers: { "bare Node": bare.resident / MB },
      target: "≤ 115 MB",
      met: ours.resident <= 115 * MB,
    },
    {
      ...row,
      row: "anonymous part of it; the rest is mapped",
      ours: ours.anonymous / MB,
      peers: { "mapped part": ours.mapped / MB, "bare Node": bare.anonymous / MB },
      target: "≤ 62 MB",
      met: ours.anonymous <= 62 * MB,
    },
  ];
}

function startRows(
  reached: Start,
  { readyMs, deliveredMs, bareMs }: Start & { readonly bareMs?: number },
  condition: string,
): readonly BenchRow[] {
  const row = { bench: "footprint", unit: "ms", ratio: null };
  return [
    {
      ...row,
      row: `time from start to READY${condition}`,
      ours: reached.readyMs,
      peers: bareMs === undefined ? {} : { "bare Node": bareMs },
      target: `≤ ${readyMs} ms`,
      met: reached.readyMs <= readyMs,
    },
    {
      ...row,
      row: `time from start to first record delivered${condition}`,
      ours: reached.deliveredMs,
      peers: {},
      target: `≤ ${deliveredMs.toLocaleString("en")} ms`,
      met: reached.deliveredMs <= deliveredMs,
    },
  ];
}

function processorRow(before: ProcessFigures, after: ProcessFigures): BenchRow {
  const percent = ((after.processorS - before.processorS) / (REST_MS / 1000)) * 100;
  return {
    bench: "footprint",
    row: "processor at rest, 8 terminals, all probes on",
    unit: "% of one core",
    ours: percent,
    peers: {},
    ratio: null,
    target: "≤ 0.5 %",
    met: percent <= 0.5,
  };
}

function writtenRow(before: ProcessFigures, after: ProcessFigures): BenchRow {
  const perHour = ((after.written - before.written) / REST_MS) * HOUR_MS;
  return {
    bench: "footprint",
    row: `bytes written to disk at rest, from ${REST_MS / 1000} s`,
    unit: "MB an hour",
    ours: perHour / MB,
    peers: {},
    ratio: null,
    target: "≤ 5 MB an hour",
    met: perHour <= 5 * MB,
  };
}

function inWhole(values: readonly number[]): string {
  return values.map((value) => Math.round(value)).join(" ");
}
