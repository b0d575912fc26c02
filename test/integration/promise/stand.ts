import { copyFile, rm, statfs } from "node:fs/promises";
import { silentLog } from "../../../src/runtime/log.ts";
import { startHq } from "../../../src/sim/hq/hq.ts";
import { freePort } from "../../../src/sim/hq/mosquitto.ts";
import { TestBroker } from "../../support/mosquitto.ts";
import { RunningTask } from "../../support/running-task.ts";
import { type ShopNamespace, shopNamespace } from "../../support/shop-namespace.ts";
import { type SmallDisk, smallDisk } from "../../support/small-disk.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { type Verdict, verdict } from "./verdict.ts";
import { WriterProcess } from "./writer-process.ts";
import { ADDRESS, type Kept } from "./writer-words.ts";

export interface StandOptions {
  /** For what the writer sells and when. */
  readonly seed: number;
  /** Longest pause between two sales of a till, ms. Default 20. */
  readonly pauseMs?: number;
}

/** What one stand is made of: opened in this order, ended in the other. */
interface Parts {
  readonly directory: TempDir;
  readonly namespace: ShopNamespace;
  readonly disk: SmallDisk;
  readonly broker: TestBroker;
  readonly brokerPort: number;
}

const TILLS = 4;
/** A sale number beyond what one life of a writer can reach. */
const SALES_OF_A_LIFE = 1_000_000;
const MIB = 1024 * 1024;
/** Bytes. */
const ROOM_TO_SELL = 10 * MIB;
/** ms until everything is there that was acknowledged, after the last fault is healed. */
const SETTLE_WITHIN_MS = 120_000;

/**
 * A writer that remembers nothing, and a book outside of it of all that it acknowledged; between it and headquarters the
 * real uplink and the real mosquitto. Each of them, the line and the disk can fail and be made whole again.
 *
 * ```
 *  (network namespace, loop-mounted disk)
 *   writer: tills ▶ ledger ▶ uplink ──cable──▶ mosquitto ◀── HQ ▶ database
 *      └────── acknowledged ──▶ kept ──────────────── verdict ──────┘
 * ```
 */
export class Stand implements AsyncDisposable {
  readonly kept: Kept[] = [];
  /** Sales that were refused, by code. */
  readonly refused = new Map<string, number>();
  /** Processes that were ended with SIGKILL. */
  readonly kills = { writer: 0, broker: 0 };
  readonly namespace: ShopNamespace;
  readonly disk: SmallDisk;
  readonly #parts: Parts;
  readonly #undo: AsyncDisposableStack;
  readonly #options: StandOptions;
  #writer: WriterProcess | undefined;
  #lives = 0;
  #hq: RunningTask | undefined;
  #hqCrashes = false;

  private constructor(options: StandOptions, parts: Parts, undo: AsyncDisposableStack) {
    this.#options = options;
    this.#parts = parts;
    this.#undo = undo;
    this.namespace = parts.namespace;
    this.disk = parts.disk;
  }

  /** Everything is up and the tills sell. */
  static async open(options: StandOptions): Promise<Stand> {
    await using undo = new AsyncDisposableStack();
    const directory = undo.use(await tempDir("tillgate-stand-"));
    const namespace = undo.use(await shopNamespace());
    const disk = undo.use(await smallDisk());
    const brokerPort = await freePort();
    const lines = [`listener ${brokerPort} ${namespace.outside}`];
    const broker = undo.use(await TestBroker.start({ directory: directory.file("broker"), lines }));
    const ended = undo.move();
    const stand = new Stand(options, { directory, namespace, disk, broker, brokerPort }, ended);
    ended.defer(async () => stand.#end());
    stand.startHq();
    await stand.start();
    return stand;
  }

  get store(): string {
    return `${this.disk.path}/store`;
  }

  get brokerPort(): number {
    return this.#parts.brokerPort;
  }

  get hqDatabase(): string {
    return this.#parts.directory.file("hq.db");
  }

  /** Begins another life of the writer; resolves when its ledger is open. */
  async start(): Promise<void> {
    await this.#launch().opened;
  }

  /** Begins a life that ends after so many ms, perhaps before its ledger is open. */
  async startAndKill(afterMs: number): Promise<void> {
    const writer = this.#launch();
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    this.#writer = undefined;
    this.kills.writer += 1;
    await writer.kill();
  }

  async kill(): Promise<void> {
    const writer = this.#writer;
    if (writer === undefined) return;
    this.#writer = undefined;
    this.kills.writer += 1;
    await writer.kill();
  }

  async killBroker(): Promise<void> {
    this.kills.broker += 1;
    await this.#parts.broker.kill();
  }

  async restartBroker(): Promise<void> {
    await this.#parts.broker.restart();
  }

  async stop(): Promise<void> {
    const writer = this.#writer;
    this.#writer = undefined;
    await writer?.stop();
  }

  /** How far the wall clock of the writer is ahead of the machine's. */
  setClock(aheadMs: number): void {
    this.#writer?.order({ do: "setClock", aheadMs });
  }

  /** Waits until so many more sales are acknowledged. */
  async sold(more: number): Promise<void> {
    const before = this.kept.length;
    await waitUntil(`${more} more sales are acknowledged`, () => this.kept.length >= before + more);
  }

  startHq(): void {
    this.#hqCrashes = false;
    const hq = startHq({
      url: this.#parts.broker.url,
      tenant: ADDRESS.tenant,
      databaseFile: this.hqDatabase,
      log: silentLog,
      receiptEveryMs: 500,
      beforeCommit: () => (this.#hqCrashes ? "crash" : "commit"),
    });
    this.#hq = new RunningTask(hq);
  }

  async stopHq(): Promise<void> {
    await this.#hq?.stop();
    this.#hq = undefined;
  }

  /** Headquarters dies with records in its hands that the broker has got rid of and the database never saw. */
  async crashHq(): Promise<void> {
    this.#hqCrashes = true;
    await this.#hq?.failed();
    this.#hq = undefined;
  }

  /** Headquarters' database as it is now, while headquarters is stopped. */
  async backUpHq(): Promise<void> {
    await copyFile(this.hqDatabase, this.#parts.directory.file("hq.backup"));
  }

  /** The database of then, or none at all, in the place of today's. */
  async restoreHq(from: "backup" | "nothing"): Promise<void> {
    for (const suffix of ["", "-wal", "-shm"]) await rm(this.hqDatabase + suffix, { force: true });
    if (from === "backup") await copyFile(this.#parts.directory.file("hq.backup"), this.hqDatabase);
  }

  /**
   * Where damaged ledgers have taken most of the disk, somebody moves them away, as headquarters may ask for when it has all
   * that it will get: nothing of ours removes any, and many faults would fill any disk.
   */
  async tidyUp(): Promise<void> {
    const { bavail, bsize } = await statfs(this.disk.path);
    if (bavail * bsize > ROOM_TO_SELL) return;
    for (const parent of ["quarantine", "set-aside"])
      await rm(`${this.store}/${parent}`, { recursive: true, force: true });
  }

  /** Does something in a moment in which nothing is on its way to the disk. */
  async whileQuiet(work: () => Promise<void>): Promise<void> {
    const writer = this.#writer;
    writer?.order({ do: "sell", on: false });
    await waitUntil("nothing is on its way to the disk", async () => (await writer?.state())?.waiting === 0);
    await work();
    writer?.order({ do: "sell", on: true });
  }

  /** Nobody sells, everything has arrived that can: what became of what was acknowledged? The tills sell on then. */
  async settled(): Promise<Verdict> {
    await waitUntil(
      "headquarters has confirmed the whole ledger",
      async () => {
        // Another one, perhaps, since the last look: a ledger may have had to be opened anew.
        this.#writer?.order({ do: "sell", on: false });
        const state = await this.#writer?.state();
        return state !== undefined && state.mark === state.durable && state.waiting === 0;
      },
      { withinMs: SETTLE_WITHIN_MS, everyMs: 100 },
    );
    const found = verdict(this.kept, this.hqDatabase);
    this.#writer?.order({ do: "sell", on: true });
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#undo.disposeAsync();
  }

  async #end(): Promise<void> {
    await this.kill();
    await this.stopHq();
  }

  #launch(): WriterProcess {
    const { namespace, brokerPort } = this.#parts;
    const { seed, pauseMs = 20 } = this.#options;
    this.#lives += 1;
    const writer = new WriterProcess(
      {
        directory: this.store,
        broker: `mqtt://${namespace.outside}:${brokerPort}`,
        tills: TILLS,
        pauseMs,
        firstSale: this.#lives * SALES_OF_A_LIFE,
        textBytes: 600,
        ballastBytes: MIB,
        seed: seed + this.#lives,
      },
      {
        kept: (kept) => this.kept.push(kept),
        refused: (code) => this.refused.set(code, (this.refused.get(code) ?? 0) + 1),
      },
      namespace.prefix,
    );
    this.#writer = writer;
    void writer.ended.then(() => {
      // As systemd does with one that ended of itself.
      return this.#writer === writer ? this.#launch() : undefined;
    });
    return writer;
  }
}
