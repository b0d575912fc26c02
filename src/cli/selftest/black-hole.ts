import { join } from "node:path";
import { loadConfig } from "../../config/load.ts";
import { formatProblems } from "../../config/problem.ts";
import { FAMILIES } from "../../config-families.ts";
import { NO_SECRETS } from "../../gateway-config.ts";
import { type RunningGateway, runGateway } from "../../gateway.ts";
import { aborted } from "../../runtime/aborted.ts";
import type { Clock } from "../../runtime/clock.ts";
import { silentLog } from "../../runtime/log.ts";
import { runStages } from "../../runtime/stages.ts";
import type { Task } from "../../runtime/task.ts";
import { books } from "../../sim/hq/books.ts";
import { type Broker, startBroker } from "../../sim/hq/broker.ts";
import { startHq } from "../../sim/hq/hq.ts";
import { startWeather, type Weather } from "../../sim/weather/weather.ts";
import { VERSION } from "../../version.ts";
import type { Finding, Trial } from "./trial.ts";

const TENANT = "selftest";
const RECORDS = 200;
const CONNECT_MS = 1_000;
/** A dead line must be known after the time for one attempt, and some for a busy machine. */
const NOTICED_WITHIN_MS = CONNECT_MS + 5_000;
/** An append that waits longer would be felt at the till. */
const BLOCKED_MS = 2_000;
const DELIVERED_WITHIN_MS = 15_000;
const LOOK_EVERY_MS = 10;
/** A trial of seconds has no time for a minute between two attempts. */
const SHORT_PATIENCE = { retryFloorMs: 100, retryFirstMs: 200, retryCeilingMs: 500 };

/** The whole gateway on a line that accepts and never answers; then the line is mended. */
export const blackHole: Trial = async ({ directory, clock }, signal) => {
  await using broker = await startBroker(join(directory, "broker"));
  const { hostname, port } = new URL(broker.url);
  await using line = await startWeather({
    target: { host: hostname, port: Number(port) },
    conditions: { kind: "blackHole" },
  });
  const hqDatabase = join(directory, "hq.db");
  const hq = startHq({
    url: broker.url,
    protocol: broker.protocol,
    tenant: TENANT,
    databaseFile: hqDatabase,
    log: silentLog,
  });
  const up = Promise.withResolvers<RunningGateway>();
  const gateway: Task = {
    name: "gateway",
    run: async (stop) => {
      const config = configOf(join(directory, "black-hole"), line.port, broker.protocol);
      const deps = { clock, log: silentLog, version: VERSION, random: Math.random, uplinkTiming: SHORT_PATIENCE };
      await runGateway(config, NO_SECRETS, deps, stop, up.resolve);
    },
  };
  let finding: Finding | undefined;
  const over = new AbortController();
  const trial: Task = {
    name: "trial",
    run: async (stop) => {
      const running = await Promise.race([up.promise, aborted(stop)]);
      if (running !== undefined) finding = await play({ running, line, broker, hqDatabase, clock }, stop);
      over.abort(new Error("the trial is over"));
      await aborted(stop);
    },
  };
  await runStages([{ tasks: [hq] }, { tasks: [gateway] }, { tasks: [trial] }], AbortSignal.any([signal, over.signal]));
  signal.throwIfAborted();
  if (finding === undefined) throw new Error("the gateway did not come up");
  return [finding];
};

interface Scene {
  readonly running: RunningGateway;
  readonly line: Weather;
  readonly broker: Broker;
  readonly hqDatabase: string;
  readonly clock: Clock;
}

async function play({ running, line, broker, hqDatabase, clock }: Scene, signal: AbortSignal): Promise<Finding> {
  const { ledger, uplink } = running;
  const began = clock.monotonicMs();
  let slowest = 0;
  let noticedMs: number | undefined;
  for (let n = 0; n < RECORDS || noticedMs === undefined; n += 1) {
    const before = clock.monotonicMs();
    if (n < RECORDS) await ledger.append({ kind: "transaction", body: { event: "selftest", n } });
    const now = clock.monotonicMs();
    slowest = Math.max(slowest, now - before);
    if (noticedMs === undefined && uplink.state().lastError !== undefined) noticedMs = Math.round(now - began);
    if (noticedMs === undefined && now - began > NOTICED_WITHIN_MS) return { name: "holeUnnoticed", figures: {} };
    await clock.sleep(LOOK_EVERY_MS, signal);
  }
  const slowestMs = Math.round(slowest);
  if (slowestMs > BLOCKED_MS) return { name: "holeBlocked", figures: { slowestMs } };
  await line.set({ kind: "clear" });
  const deadline = clock.monotonicMs() + DELIVERED_WITHIN_MS;
  while (ledger.mark() < ledger.durable) {
    if (clock.monotonicMs() > deadline) {
      return { name: "holeNotDelivered", figures: { missing: ledger.durable - ledger.mark() } };
    }
    await clock.sleep(LOOK_EVERY_MS, signal);
  }
  const { rows, forks, chainBreaks, damaged } = books(hqDatabase);
  const wrong = { forks, chainBreaks, damaged, missing: Math.max(ledger.mark() - rows, 0) };
  const reason = Object.entries(wrong).flatMap(([what, count]) => (count === 0 ? [] : [`${count} ${what}`]));
  if (reason.length > 0) return { name: "holeDoubled", figures: { reason: reason.join(", ") } };
  return { name: "holeSurvived", figures: { noticedMs, slowestMs, records: rows, broker: broker.kind } };
}

/** Through the same door as every config. Nobody sells at its acquirer. */
function configOf(store: string, brokerPort: number, protocol: "5" | "3.1.1"): Parameters<typeof runGateway>[0] {
  const text = JSON.stringify({
    site: { tenant: TENANT, site: "here", gateway: "scratch" },
    store: { directory: store, allowVolatile: true },
    uplink: {
      url: `mqtt://127.0.0.1:${brokerPort}`,
      protocol,
      keepaliveS: 5,
      connectTimeoutMs: CONNECT_MS,
      pubackDeadlineMs: 3_000,
      receiptDeadlineMs: 5_000,
      ratePerS: 0,
    },
    http: { listen: "127.0.0.1:0" },
    acquirers: [{ id: "none", family: "iso8583", listen: "127.0.0.1:0", endpoints: ["127.0.0.1:9"] }],
  });
  const loaded = loadConfig(text, FAMILIES);
  if (!loaded.ok) throw new Error(`the selftest's own config is wrong:\n${formatProblems(loaded.problems)}`);
  return loaded.config;
}
