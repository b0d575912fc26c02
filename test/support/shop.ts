import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { type Audit, audit } from "../../src/cli/demo/audit.ts";
import type { Envelope } from "../../src/domain/record.ts";
import type { TransactionRecord } from "../../src/domain/transaction.ts";
import { silentLog } from "../../src/runtime/log.ts";
import { type Acquirer, type AcquirerOptions, startAcquirer } from "../../src/sim/acquirer/acquirer.ts";
import { books, type HqBooks } from "../../src/sim/hq/books.ts";
import { startHq } from "../../src/sim/hq/hq.ts";
import { freePort } from "../../src/sim/hq/mosquitto.ts";
import { transactionRecords } from "../../src/sim/hq/transaction-records.ts";
import { seededRandom } from "../../src/sim/seeded-random.ts";
import type { JournalEntry } from "../../src/sim/terminal/journal.ts";
import { createTerminal, type Terminal, type TerminalOptions } from "../../src/sim/terminal/terminal.ts";
import { type CashierOptions, payEverything, sellAt } from "./cashier.ts";
import { type Daemon, type DaemonCommand, launchDaemon } from "./daemon.ts";
import { recordBodies } from "./hq-records.ts";
import { TestBroker } from "./mosquitto.ts";
import { RunningTask } from "./running-task.ts";
import { shopConfig } from "./shop-config.ts";
import type { ShopNamespace } from "./shop-namespace.ts";
import { type TempDir, tempDir } from "./temp-dir.ts";
import { waitUntil } from "./wait-until.ts";

const run = promisify(execFile);

const TENANT = "acme";
const ACQUIRER = "unionpay";
const DE42 = "999290153110001";
const LOOPBACK = "127.0.0.1";
const TERMINALS = 4;

/** Longer than any append that this machine was seen to need. ms. */
const CALM_MS = 1_000;

export interface ShopOptions {
  /** Default 4. */
  readonly terminals?: number;
  /** For cards, amounts and what goes wrong at the host. Default 1. */
  readonly seed?: number;
  readonly acquirer?: AcquirerOptions;
  /** Beside the usual keys of the acquirer in the config. */
  readonly relay?: Readonly<Record<string, unknown>>;
  /** Beside the usual keys of the section `store` in the config. */
  readonly store?: Readonly<Record<string, unknown>> & { readonly directory?: string };
  /** Beside the usual keys of the uplink in the config. */
  readonly uplink?: Readonly<Record<string, unknown>>;
  /** Beside the usual keys of each terminal in the config, by its number from 1. */
  readonly listed?: (number: number) => Readonly<Record<string, unknown>>;
  /** The daemon lives in there; everybody else outside. */
  readonly namespace?: ShopNamespace;
  /** Command line that the daemon runs under, e.g. a time of its own. */
  readonly prefix?: readonly string[];
  /** Another build of the daemon. */
  readonly main?: string;
}

/** What headquarters holds, held against books that are not ours. */
export interface Settled extends Audit {
  readonly hq: HqBooks;
  /** Every `transaction` record at headquarters, in order. */
  readonly records: readonly TransactionRecord[];
}

/**
 * A shop with all that belongs to it. The daemon is a process of its own and can be killed; broker and headquarters can be
 * killed and begun again.
 *
 * ```
 *  terminals ──▶ daemon ──▶ acquirer
 *                  └──────▶ mosquitto ◀── HQ
 * ```
 */
export class Shop implements AsyncDisposable {
  readonly broker: TestBroker;
  readonly acquirer: Acquirer;
  readonly terminals: Terminal[] = [];
  #options: ShopOptions;
  readonly #directory: TempDir;
  readonly #address: string;
  /** Where the broker listens for the daemon. */
  readonly #brokerPort: number;
  /** All that every daemon of this shop said. */
  #said = "";
  #daemon: Daemon | undefined;
  #relayPort = 0;
  #hq: RunningTask | undefined;
  #hqCrashes = false;
  #selling: RunningTask | undefined;

  private constructor(
    options: ShopOptions,
    directory: TempDir,
    { broker, brokerPort, acquirer }: { broker: TestBroker; brokerPort: number; acquirer: Acquirer },
  ) {
    this.#options = options;
    this.#directory = directory;
    this.#address = options.namespace?.outside ?? LOOPBACK;
    this.broker = broker;
    this.#brokerPort = brokerPort;
    this.acquirer = acquirer;
  }

  /** Everything is up and every terminal is ready to sign in when it resolves. */
  static async open(options: ShopOptions = {}): Promise<Shop> {
    await using undo = new AsyncDisposableStack();
    const directory = undo.use(await tempDir("tillgate-shop-"));
    const outside = options.namespace?.outside;
    const outsidePort = outside === undefined ? undefined : await freePort();
    const broker = undo.use(
      await TestBroker.start({
        directory: directory.file("broker"),
        lines: outside === undefined ? [] : [`listener ${outsidePort} ${outside}`],
      }),
    );
    const seed = options.seed ?? 1;
    const acquirer = undo.use(
      await startAcquirer({ host: outside ?? LOOPBACK, random: seededRandom(seed), ...options.acquirer }),
    );
    const shop = new Shop(options, directory, { broker, brokerPort: outsidePort ?? broker.port, acquirer });
    undo.defer(async () => shop.#end());
    shop.startHq();
    await shop.start();
    for (let number = 1; number <= (options.terminals ?? TERMINALS); number += 1)
      shop.terminals.push(shop.terminal(number));
    shop.#undo = undo.move();
    return shop;
  }

  #undo: AsyncDisposableStack | undefined;

  get daemon(): Daemon {
    if (this.#daemon === undefined) throw new Error("the daemon is not running");
    return this.#daemon;
  }

  get store(): string {
    return this.#options.store?.directory ?? this.#directory.file("store");
  }

  get hqDatabase(): string {
    return this.#directory.file("hq.db");
  }

  get configFile(): string {
    return this.#directory.file("tillgate.yaml");
  }

  /** Port of the broker, or of the acquirer, as the daemon sees it. */
  get ports(): { readonly broker: number; readonly acquirer: number; readonly relay: number } {
    return { broker: this.#brokerPort, acquirer: this.acquirer.port, relay: this.#relayPort };
  }

  /** Everything that anybody in this shop keeps on disk. */
  get directory(): string {
    return this.#directory.path;
  }

  file(name: string): string {
    return this.#directory.file(name);
  }

  /** What all daemons of this shop have said so far. */
  said(): string {
    return `${this.#said}\n${this.#daemon?.said() ?? ""}`;
  }

  /** Starts the daemon; its terminals find it where it was before. @param changes  Of its config, from now on. */
  async start(changes: Pick<ShopOptions, "relay" | "listed" | "store"> = {}): Promise<void> {
    this.#options = { ...this.#options, ...changes };
    const daemon = await (await this.#launch()).ready;
    this.#daemon = daemon;
    this.#relayPort = daemon.ports[ACQUIRER] ?? 0;
  }

  /** kill -9, and nobody starts it again. */
  async kill(): Promise<void> {
    const { daemon } = this;
    await daemon.kill();
    this.#gone(daemon.said());
  }

  /** Starts it and kills it again after that time, ready or not. */
  async startAndKill(afterMs: number): Promise<void> {
    const launched = await this.#launch();
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    await launched.kill();
    this.#gone(launched.said());
  }

  async stop(): Promise<number | null> {
    const { daemon } = this;
    const code = await daemon.stop();
    this.#gone(daemon.said());
    return code;
  }

  startHq(): void {
    const hq = startHq({
      url: this.broker.url,
      tenant: TENANT,
      databaseFile: this.hqDatabase,
      log: silentLog,
      receiptEveryMs: 500,
      beforeCommit: () => (this.#hqCrashes ? "crash" : "commit"),
    });
    this.#hqCrashes = false;
    this.#hq = new RunningTask(hq);
  }

  /** Headquarters dies with records in its hands that the broker has got rid of and the database never saw. */
  async crashHq(): Promise<void> {
    this.#hqCrashes = true;
    const failure = await this.#hq?.failed();
    this.#hq = undefined;
    if (failure === undefined) throw new Error("headquarters was not running");
  }

  /** Ends headquarters; its database stays. */
  async stopHq(): Promise<void> {
    await this.#hq?.stop();
    this.#hq = undefined;
  }

  startSelling({ pauseMs = 60 }: Partial<CashierOptions> = {}): void {
    if (this.#selling !== undefined) throw new Error("they are selling already");
    const { seed = 1 } = this.#options;
    this.#selling = new RunningTask({
      name: "cashiers",
      run: async (signal) => {
        const cashiers = this.terminals.map(async (terminal, number) =>
          sellAt(terminal, { pauseMs, random: seededRandom(seed * 1_000 + number) }, signal),
        );
        await Promise.all(cashiers);
      },
    });
  }

  /** Resolves when what was under way is over. @throws what a cashier stumbled over. */
  async stopSelling(): Promise<void> {
    const selling = this.#selling;
    this.#selling = undefined;
    await selling?.stop();
  }

  /** Waits until so many more transactions have come to the acquirer. */
  async sold(more: number): Promise<void> {
    const before = this.acquirer.totals().transactions;
    await waitUntil(`${more} more transactions are sold`, () => this.acquirer.totals().transactions >= before + more, {
      withinMs: 60_000,
    });
  }

  /** Nobody sells any more, every debt is paid, everything has arrived at headquarters: what do the books say? */
  async settle(): Promise<Settled> {
    await this.stopSelling();
    await this.#options.namespace?.clear();
    await Promise.all(this.terminals.map(payEverything));
    await this.delivered();
    return this.audit();
  }

  /** Waits until headquarters holds everything that the ledger holds, and nothing more comes. */
  async delivered(): Promise<void> {
    let calmSince = performance.now();
    let before = -1;
    await waitUntil(
      "headquarters holds the whole ledger",
      async () => {
        const head = await this.metric("tillgate_ledger_head_seq");
        // What a slow disk still has before it is not in the head yet.
        if (head !== before) calmSince = performance.now();
        before = head;
        const { streams } = books(this.hqDatabase);
        const isThere = streams.some(({ stream, upTo }) => stream === this.daemon.stream && upTo === head);
        return isThere && performance.now() - calmSince > CALM_MS;
      },
      { withinMs: 90_000, everyMs: 100 },
    );
  }

  /** What headquarters heard of one transaction, step by step, once it has heard all. */
  async told({ de41 }: Terminal, { batch, stan }: JournalEntry): Promise<readonly TransactionRecord[]> {
    await this.delivered();
    return transactionRecords(this.hqDatabase).filter(
      ({ transaction }) => transaction.de41 === de41 && transaction.batch === batch && transaction.stan === stan,
    );
  }

  /** Bodies of one kind of record that headquarters holds of a terminal, in order. */
  recordsOf(kind: "settlement" | "terminal", { de41 }: Terminal): readonly Envelope["body"][] {
    return recordBodies(this.hqDatabase, kind).filter((body) => body["de41"] === de41);
  }

  audit(): Settled {
    const records = transactionRecords(this.hqDatabase);
    const found = audit({
      host: this.acquirer.books(),
      terminals: this.terminals.flatMap((terminal) =>
        terminal.journal().map((entry) => ({ de41: terminal.de41, ...entry })),
      ),
      repeated: this.acquirer.arrivals().filter(({ repeated, mti }) => repeated && (mti === "0200" || mti === "0100")),
      hq: records,
    });
    return { ...found, hq: books(this.hqDatabase), records };
  }

  /** One figure of the daemon's `/metrics`; the sum over its labels that contain `labels`. */
  async metric(name: string, labels = ""): Promise<number> {
    const lines = (await this.get("/metrics")).split("\n").filter((line) => /^\w+/.exec(line)?.[0] === name);
    if (lines.length === 0) throw new Error(`the daemon has no metric ${name}`);
    return lines.filter((line) => line.includes(labels)).reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
  }

  /** Body of what the daemon's local endpoint answers, asked from within the shop. */
  async get(path: string): Promise<string> {
    const url = `http://${this.daemon.http}${path}`;
    const { namespace } = this.#options;
    if (namespace === undefined) return (await fetch(url)).text();
    const script = `fetch(${JSON.stringify(url)}).then(r => r.text()).then(t => process.stdout.write(t))`;
    const [program = process.execPath, ...args] = namespace.prefix;
    return (await run(program, [...args, process.execPath, "-e", script])).stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#undo?.[Symbol.asyncDispose]();
  }

  #gone(said: string): void {
    this.#said += `\n${said}`;
    this.#daemon = undefined;
  }

  async #end(): Promise<void> {
    await this.stopSelling();
    for (const terminal of this.terminals) await terminal[Symbol.asyncDispose]();
    await this.#daemon?.kill();
    await this.stopHq();
  }

  async #launch(): Promise<ReturnType<typeof launchDaemon>> {
    await writeFile(this.configFile, JSON.stringify(this.#config()));
    const { namespace, prefix = [], main } = this.#options;
    const command: DaemonCommand = {
      prefix: [...(namespace?.prefix ?? []), ...prefix],
      ...(main === undefined ? {} : { main }),
    };
    return launchDaemon(this.configFile, command);
  }

  #config(): object {
    const { relay = {}, uplink = {}, listed, namespace, terminals = TERMINALS } = this.#options;
    return shopConfig({
      tenant: TENANT,
      acquirer: ACQUIRER,
      store: { directory: this.store, ...this.#options.store },
      broker: `${this.#address}:${this.#brokerPort}`,
      relay: {
        listen: `${namespace?.inside ?? LOOPBACK}:${this.#relayPort}`,
        endpoints: this.acquirer.ports.map((port) => `${this.#address}:${port}`),
        ...relay,
      },
      uplink,
      terminals: Array.from({ length: terminals }, (_, index) => ({
        id: `till-${index + 1}`,
        de41: de41Of(index + 1),
        ...listed?.(index + 1),
      })),
    });
  }

  /** A terminal of this shop, or another life of it. */
  terminal(number: number, options: Partial<TerminalOptions> = {}): Terminal {
    const { namespace, seed = 1 } = this.#options;
    const lineUses = ["request", "operation", "long"] as const;
    return createTerminal({
      de41: de41Of(number),
      de42: DE42,
      host: namespace?.inside ?? LOOPBACK,
      port: this.#relayPort,
      lineUse: lineUses[number % 3] ?? "request",
      connectMs: 1_000,
      receiveMs: 1_500,
      random: seededRandom(seed * 100 + number),
      ...options,
    });
  }
}

function de41Of(number: number): string {
  return `TG${String(number).padStart(6, "0")}`;
}
