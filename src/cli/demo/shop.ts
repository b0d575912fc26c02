import { randomInt } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../../config/load.ts";
import { formatProblems } from "../../config/problem.ts";
import type { Envelope } from "../../domain/record.ts";
import { acquirerId } from "../../domain/terminal.ts";
import { FAMILIES } from "../../config-families.ts";
import { NO_SECRETS } from "../../gateway-config.ts";
import { type RunningGateway, runGateway } from "../../gateway.ts";
import { aborted } from "../../runtime/aborted.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Endpoint } from "../../runtime/endpoint.ts";
import { type Log, silentLog } from "../../runtime/log.ts";
import { runStages } from "../../runtime/stages.ts";
import type { Task } from "../../runtime/task.ts";
import { type Acquirer, startAcquirer } from "../../sim/acquirer/acquirer.ts";
import { type Broker, startBroker } from "../../sim/hq/broker.ts";
import { startHq } from "../../sim/hq/hq.ts";
import { seededRandom } from "../../sim/seeded-random.ts";
import { createTerminal, type Terminal } from "../../sim/terminal/terminal.ts";
import { startWeather, type Weather } from "../../sim/weather/weather.ts";
import { VERSION } from "../../version.ts";
import { type Driven, startDriven } from "./driven.ts";
import { Supervisor } from "./supervisor.ts";
import { type Till, TillJournal, tillsFor } from "./tills.ts";

/** An act lasts seconds: the line is judged so many times faster than in the field. */
const LINK_SPEED = 4;

const TENANT = "demo";
const ACQUIRER = acquirerId("unionpay");
const DE41 = ["TG000001", "TG000002"] as const;
const DE42 = "999290153110001";

/** Real terminals wait 60 s (DE62 tag 12); a play of one minute cannot. ms. */
const RECEIVE_MS = 2_500;
const CONNECT_MS = 2_000;

export interface DemoShopOptions {
  /** Of the local endpoint; 0 picks a free one. */
  readonly httpPort: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly onStored: (envelope: Envelope) => void;
}

/** The whole shop, running: everybody around the gateway, and the gateway itself. */
export interface DemoShop {
  readonly broker: Broker;
  readonly acquirer: Acquirer;
  readonly terminals: readonly Terminal[];
  /** Those that tillgate drives, each with a till that has it paid, and with what that till was told. */
  readonly tills: readonly Till[];
  readonly journal: TillJournal;
  readonly supervisor: Supervisor;
  readonly lines: { readonly hq: Weather; readonly acquirer: Weather };
  readonly gateway: RunningGateway;
  readonly relay: Endpoint;
  readonly store: string;
  readonly hqDatabase: string;
}

/**
 * Brings up broker, headquarters, acquirer, both lines and the gateway, hands them to `play`, and takes everything down
 * again, in order, when it has ended or the signal fires.
 *
 * ```
 *  terminals ──▶ gateway ──▶ weather ──▶ acquirer
 *  tills ──────▶    │  └───▶ weather ──▶ broker ◀── HQ
 *                   └──────▶ weather, ports ──▶ terminals that it drives
 * ```
 */
export async function withDemoShop(
  options: DemoShopOptions,
  signal: AbortSignal,
  play: (shop: DemoShop, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  await using directory = await scratchDirectory();
  await using broker = await startBroker(join(directory.path, "broker"));
  await using acquirer = await startAcquirer({
    habits: { declineRate: 0.08, delayMs: [60, 350] },
    now: () => options.clock.now(),
    random: seededRandom(7),
  });
  await using toAcquirer = await startWeather({ target: { host: acquirer.host, port: acquirer.port } });
  const brokerUrl = new URL(broker.url);
  await using toBroker = await startWeather({ target: { host: brokerUrl.hostname, port: Number(brokerUrl.port) } });

  await using driven = await startDriven(directory.path, options.clock);
  const tills = tillsFor(driven.terminals);
  const supervisor = new Supervisor();

  const store = join(directory.path, "ledger");
  const hqDatabase = join(directory.path, "hq.db");
  const hq = startHq({
    url: broker.url,
    protocol: broker.protocol,
    tenant: TENANT,
    databaseFile: hqDatabase,
    log: options.log,
    onStored: options.onStored,
  });
  const { promise: up, resolve: ready } = Promise.withResolvers<RunningGateway>();
  const gateway: Task = {
    name: "gateway",
    run: async (stop) => {
      const config = demoConfig({
        store,
        httpPort: options.httpPort,
        acquirer: toAcquirer.port,
        broker: toBroker.port,
        protocol: broker.protocol,
        driven: driven.terminals,
      });
      const deps = {
        clock: options.clock,
        log: options.log,
        version: VERSION,
        random: Math.random,
        linkSpeed: LINK_SPEED,
        uplinkTiming: SHORT_PATIENCE,
        paymentTiming: SHORT_ASKING,
      };
      const credentials = [...tills.map(({ holder }) => holder), supervisor.holder];
      await runGateway(config, { ...NO_SECRETS, credentials }, deps, stop, ready);
    },
  };
  const ended = new AbortController();
  const performance: Task = {
    name: "demo",
    run: async (stop) => {
      const running = await Promise.race([up, aborted(stop)]);
      if (running === undefined) return;
      const port = running.ports.get(ACQUIRER) ?? 0;
      const shop: DemoShop = {
        broker,
        acquirer,
        terminals: DE41.map((de41, number) => terminal(de41, port, number)),
        tills,
        journal: new TillJournal(),
        supervisor,
        lines: { hq: toBroker, acquirer: toAcquirer },
        gateway: running,
        relay: { host: "127.0.0.1", port },
        store,
        hqDatabase,
      };
      await play(shop, stop);
      ended.abort(new Error("the play is over"));
      await aborted(stop);
    },
  };
  await runStages(
    [{ tasks: [hq] }, { tasks: [gateway] }, { tasks: [performance] }],
    AbortSignal.any([signal, ended.signal]),
  );
}

/** A play of a minute has no time for a minute between two attempts, nor for a boot. */
const SHORT_PATIENCE = { retryFloorMs: 200, retryFirstMs: 500, retryCeilingMs: 2_000, bootSpreadMs: 0 };
const SHORT_ASKING = { waitMs: 600, asking: { quietMs: 500, notNowMs: 500, againMs: [1_000, 3_000] } };

function terminal(de41: string, port: number, number: number): Terminal {
  return createTerminal({
    de41,
    de42: DE42,
    host: "127.0.0.1",
    port,
    lineUse: number % 2 === 0 ? "request" : "long",
    connectMs: CONNECT_MS,
    receiveMs: RECEIVE_MS,
    random: seededRandom(100 + number),
    log: silentLog,
  });
}

interface Places {
  readonly store: string;
  readonly httpPort: number;
  readonly acquirer: number;
  readonly broker: number;
  readonly protocol: "5" | "3.1.1";
  readonly driven: readonly Driven[];
}

/** Through the same door as every config: the demo is the product. */
function demoConfig(places: Places): Parameters<typeof runGateway>[0] {
  const text = JSON.stringify({
    site: { tenant: TENANT, site: "shop-1", gateway: `gw-${randomInt(1_000_000)}` },
    store: { directory: places.store, allowVolatile: true, ballastMb: 0 },
    uplink: {
      url: `mqtt://127.0.0.1:${places.broker}`,
      protocol: places.protocol,
      keepaliveS: 5,
      connectTimeoutMs: 3_000,
      pubackDeadlineMs: 3_000,
      receiptDeadlineMs: 5_000,
      ratePerS: 1_000,
      burst: 1_000,
    },
    http: { listen: `127.0.0.1:${places.httpPort}` },
    acquirers: [
      {
        id: ACQUIRER,
        family: "iso8583",
        listen: "127.0.0.1:0",
        endpoints: [`127.0.0.1:${places.acquirer}`],
        connectTimeoutMs: CONNECT_MS,
      },
    ],
    terminals: [
      ...DE41.map((de41, number) => ({ id: `till-${number + 1}`, acquirer: ACQUIRER, de41 })),
      ...places.driven.map(({ id, entry }) => ({ id, ...entry })),
    ],
  });
  const loaded = loadConfig(text, FAMILIES);
  if (!loaded.ok) throw new Error(`the demo's own config is wrong:\n${formatProblems(loaded.problems)}`);
  return loaded.config;
}

async function scratchDirectory(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "tillgate-demo-"));
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    },
  };
}
