import { rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { silentLog } from "../../../src/runtime/log.ts";
import { startHq } from "../../../src/sim/hq/hq.ts";
import { freePort } from "../../../src/sim/hq/mosquitto.ts";
import { seededRandom } from "../../../src/sim/seeded-random.ts";
import type { ZvtStep } from "../../../src/sim/zvt/conduct.ts";
import { serveZvtTcp } from "../../../src/sim/zvt/serve.ts";
import { ZvtTerminal } from "../../../src/sim/zvt/terminal.ts";
import { type Daemon, type LaunchedDaemon, launchDaemon } from "../../support/daemon.ts";
import { TestBroker } from "../../support/mosquitto.ts";
import { RunningTask } from "../../support/running-task.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { Buyer } from "./buyer.ts";

const MAIN = fileURLToPath(new URL("dying-main.ts", import.meta.url));
const TENANT = "acme";
const AUTHORISATION = 0x0601;
const SECRET = "-holds-this-token-and-nobody-else";

export interface CounterOptions {
  readonly seed: number;
  /** A second terminal stands in for the first. */
  readonly withStandby?: true;
}

/**
 * A shop's counter. The daemon is a process of its own and is killed; the terminal with its books, the broker, headquarters
 * and the till outlive it.
 *
 * ```
 *  till ──HTTP──▶ daemon ──ZVT on TCP──▶ terminal ▶ books
 *                   └──────▶ mosquitto ◀── HQ ▶ database
 * ```
 */
export class Counter implements AsyncDisposable {
  /** `counter-1`, and `counter-2` where there is a standby. */
  readonly terminals: readonly ZvtTerminal[];
  readonly till: Buyer;
  readonly supervisor: Buyer;
  /** Daemons that ended by SIGKILL. */
  kills = 0;
  readonly #directory: TempDir;
  readonly #config: object;
  readonly #undo: AsyncDisposableStack;
  #trap: { readonly step: ZvtStep; readonly act: () => void | Promise<void> } | undefined;
  #launched: LaunchedDaemon | undefined;
  #daemon: Daemon | undefined;
  #said = "";

  private constructor(
    { seed, withStandby }: CounterOptions,
    directory: TempDir,
    { broker, httpPort }: { readonly broker: TestBroker; readonly httpPort: number },
    undo: AsyncDisposableStack,
  ) {
    this.#directory = directory;
    this.#undo = undo;
    this.terminals = Array.from(
      { length: withStandby === undefined ? 1 : 2 },
      (_, index) =>
        new ZvtTerminal({
          random: seededRandom(seed + index),
          onStep: async (step, { code }) => {
            const trap = this.#trap;
            if (code !== AUTHORISATION || trap?.step !== step) return;
            this.#trap = undefined;
            await trap.act();
          },
        }),
    );
    const url = `http://127.0.0.1:${httpPort}`;
    this.till = new Buyer(url, `till-front${SECRET}`);
    this.supervisor = new Buyer(url, `boss${SECRET}`);
    this.#config = {
      site: { tenant: TENANT, site: "shop-1", gateway: "gw-1", currency: "EUR" },
      store: { directory: this.store, allowVolatile: true, ballastMb: 0 },
      uplink: {
        url: broker.url,
        keepaliveS: 5,
        connectTimeoutMs: 2_000,
        pubackDeadlineMs: 2_000,
        receiptDeadlineMs: 3_000,
        ratePerS: 0,
      },
      http: {
        listen: `127.0.0.1:${httpPort}`,
        tokens: [
          { name: "till-front", role: "till", token: { file: directory.file("till-front.token") } },
          { name: "boss", role: "supervisor", token: { file: directory.file("boss.token") } },
        ],
      },
    };
  }

  /** Everything is up, and the terminals are ready. */
  static async open(options: CounterOptions): Promise<Counter> {
    await using undo = new AsyncDisposableStack();
    const directory = undo.use(await tempDir("tillgate-counter-"));
    for (const name of ["till-front", "boss"])
      await writeFile(directory.file(`${name}.token`), name + SECRET, { mode: 0o600 });
    const broker = undo.use(await TestBroker.start({ directory: directory.file("broker") }));
    const ended = undo.move();
    const counter = new Counter(options, directory, { broker, httpPort: await freePort() }, ended);
    ended.defer(async () => counter.#launched?.kill());
    const ports: number[] = [];
    for (const terminal of counter.terminals) {
      ended.use(terminal);
      ports.push(ended.use(await serveZvtTcp(terminal)).port);
    }
    const hq = new RunningTask(
      startHq({
        url: broker.url,
        tenant: TENANT,
        databaseFile: counter.hqDatabase,
        log: silentLog,
        receiptEveryMs: 500,
      }),
    );
    ended.defer(async () => hq.stop());
    const driven = { family: "zvt", heartbeatS: 5 };
    const terminals = ports.map((port, index) => ({
      ...driven,
      id: `counter-${index + 1}`,
      link: { tcp: `127.0.0.1:${port}` },
      ...(index === 0 ? {} : { standbyFor: "counter-1" }),
    }));
    await writeFile(counter.#configFile, JSON.stringify({ ...counter.#config, terminals }));
    await counter.start();
    return counter;
  }

  get store(): string {
    return this.#directory.file("store");
  }

  get hqDatabase(): string {
    return this.#directory.file("hq.db");
  }

  get #configFile(): string {
    return this.#directory.file("tillgate.yaml");
  }

  get #deathFile(): string {
    return this.#directory.file("dies-at");
  }

  /** What all daemons of this counter have said so far. */
  said(): string {
    return `${this.#said}\n${this.#launched?.said() ?? ""}`;
  }

  /** The next authorisation, at this step, waits until `act` has. Once. */
  at(step: ZvtStep, act: () => void | Promise<void>): void {
    this.#trap = { step, act };
  }

  /** The daemon, or the next one, ends itself with SIGKILL at this moment of `DEATHS`. */
  async dieAt(moment: string): Promise<void> {
    await writeFile(this.#deathFile, moment);
  }

  /** Begins another life; resolves when it is ready. */
  async start(): Promise<void> {
    this.#daemon = await this.#launch().ready;
  }

  /** Begins a life that ends after so many ms, ready or not. */
  async startAndKill(afterMs: number): Promise<void> {
    this.#launch();
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    await this.kill();
  }

  /** Begins a life in which the daemon is to die by itself, and waits until it has. */
  async startToDie(): Promise<void> {
    this.#launch();
    await this.died();
  }

  async kill(): Promise<void> {
    this.kills += 1;
    await this.#launched?.kill();
  }

  /** Waits until the daemon has ended itself. */
  async died(): Promise<void> {
    let isGone = false;
    void this.#launched?.gone.then(() => (isGone = true));
    await waitUntil("the daemon has died", () => isGone);
    this.kills += 1;
    await rm(this.#deathFile, { force: true });
  }

  /** @returns the exit code of a clean stop. */
  async stop(): Promise<number | null | undefined> {
    const code = await this.#daemon?.stop();
    this.#daemon = undefined;
    return code;
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Waits until no terminal carries anything out. */
  async atRest(): Promise<void> {
    for (const terminal of this.terminals) await terminal.whenIdle();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#undo.disposeAsync();
  }

  #launch(): LaunchedDaemon {
    this.#said = this.said();
    const prefix = ["env", `TILLGATE_DIES_AT=${this.#deathFile}`];
    this.#launched = launchDaemon(this.#configFile, { prefix, main: MAIN });
    return this.#launched;
  }
}
