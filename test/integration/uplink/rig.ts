import { MqttClient } from "mqtt";
import { connect } from "node:net";
import { currency, minorUnits } from "../../../src/domain/money.ts";
import type { Envelope, RecordKind, StreamId } from "../../../src/domain/record.ts";
import { acquirerId, terminalId } from "../../../src/domain/terminal.ts";
import { type TransactionRecord, transactionId } from "../../../src/domain/transaction.ts";
import type { Ledger } from "../../../src/queue/ledger.ts";
import { openLedger } from "../../../src/queue/open-ledger.ts";
import { systemClock } from "../../../src/runtime/clock.ts";
import { type Log, type LogFields, silentLog } from "../../../src/runtime/log.ts";
import { books, type HqBooks } from "../../../src/sim/hq/books.ts";
import { type Hq, type HqOptions, startHq } from "../../../src/sim/hq/hq.ts";
import type { UplinkOptions } from "../../../src/uplink/options.ts";
import { createUplink, type Uplink, type UplinkDeps } from "../../../src/uplink/uplink.ts";
import { recordBodies } from "../../support/hq-records.ts";
import { TestBroker } from "../../support/mosquitto.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";
import { waitUntil } from "../../support/wait-until.ts";

export const ADDRESS = { tenant: "acme", site: "shop-1", gateway: "gw-1" };

/** Fast enough for a test; the proportions are those of the field. */
const OPTIONS: Omit<UplinkOptions, "url"> = {
  address: ADDRESS,
  protocol: "auto",
  clientId: "tillgate-acme-shop-1-gw-1",
  confirm: "receipt",
  window: 100,
  unreceiptedMax: 5_000,
  keepaliveS: 30,
  connectTimeoutMs: 10_000,
  pubackDeadlineMs: 2_000,
  receiptDeadlineMs: 5_000,
  ratePerS: 0,
  burst: 100,
  drainControl: true,
  userProperties: false,
  timing: { retryFloorMs: 20, retryFirstMs: 50, retryCeilingMs: 250, refusedRetryMs: 60_000 },
};

/** Something that runs until it is stopped, and tells then whether it had failed. */
export class Running implements AsyncDisposable {
  readonly #stop = new AbortController();
  readonly #ended: Promise<unknown>;
  #isOver = false;

  constructor(task: { run(signal: AbortSignal): Promise<void> }) {
    this.#ended = task
      .run(this.#stop.signal)
      .then(
        () => undefined,
        (error: unknown) => error,
      )
      .finally(() => {
        this.#isOver = true;
      });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** @returns what it failed with. */
  async stop(): Promise<unknown> {
    this.#stop.abort(new Error("the test is over"));
    return this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

export interface LogLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly event: string;
  readonly fields: LogFields;
}

export function collectingLog(lines: LogLine[]): Log {
  const at =
    (level: LogLine["level"]) =>
    (event: string, fields: LogFields = {}): void => {
      lines.push({ level, event, fields });
    };
  const log: Log = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error"), child: () => log };
  return log;
}

/** A gateway's ledger and uplink, a broker and headquarters, each of which can be ended and begun again. */
export class Rig implements AsyncDisposable {
  readonly broker: TestBroker;
  readonly lines: LogLine[] = [];
  readonly #directory: TempDir;
  readonly #opened = new AsyncDisposableStack();
  #ledger: Ledger;
  #sales = 0;

  private constructor(directory: TempDir, broker: TestBroker, ledger: Ledger) {
    this.#directory = directory;
    this.broker = broker;
    this.#ledger = ledger;
  }

  static async start(brokerLines: readonly string[] = []): Promise<Rig> {
    const directory = await tempDir("tillgate-uplink-");
    const broker = await TestBroker.start({ directory: directory.file("broker"), lines: brokerLines });
    return new Rig(directory, broker, await open(directory));
  }

  get ledger(): Ledger {
    return this.#ledger;
  }

  get stream(): StreamId {
    return this.#ledger.stream;
  }

  get path(): string {
    return this.#directory.path;
  }

  /** Runs until the rig ends, or it is stopped. */
  uplink(options: Partial<UplinkOptions> = {}, deps: Partial<UplinkDeps> = {}): { uplink: Uplink; running: Running } {
    const uplink = createUplink(
      { ...OPTIONS, url: this.broker.url, ...options, timing: { ...OPTIONS.timing, ...options.timing } },
      {
        outbox: this.#ledger,
        clock: systemClock(),
        log: collectingLog(this.lines),
        random: Math.random,
        version: "0.0.0-test",
        ...deps,
      },
    );
    return { uplink, running: this.#opened.use(new Running(uplink)) };
  }

  hq(options: Partial<HqOptions> = {}): { hq: Hq; running: Running } {
    const hq = startHq({
      url: this.broker.url,
      tenant: ADDRESS.tenant,
      databaseFile: this.#directory.file("hq.db"),
      log: silentLog,
      ...options,
    });
    return { hq, running: this.#opened.use(new Running(hq)) };
  }

  books(): HqBooks {
    return books(this.#directory.file("hq.db"));
  }

  /** Of one kind of record that headquarters holds, in order. */
  bodies(kind: RecordKind): readonly Envelope["body"][] {
    return recordBodies(this.#directory.file("hq.db"), kind);
  }

  /** Resolves when they are durable. */
  async sell(count: number, terminal = "till-1"): Promise<void> {
    await Promise.all(
      Array.from({ length: count }, async () => {
        this.#sales += 1;
        await this.#ledger.append({
          kind: "transaction",
          terminal: terminalId(terminal),
          body: aSale(this.#sales, terminal),
        });
      }),
    );
  }

  /** The ledger is closed and opened again, as over a restart of the daemon. */
  async reopenLedger(whileClosed?: (store: string) => Promise<void>): Promise<void> {
    await this.#ledger[Symbol.asyncDispose]();
    await whileClosed?.(this.#directory.file("store"));
    this.#ledger = await open(this.#directory);
  }

  /** Waits until headquarters holds every record of the ledger, and the ledger knows. */
  async settled(): Promise<HqBooks> {
    await waitUntil(
      "everything is stored at headquarters and confirmed",
      () => this.#ledger.mark() === this.#ledger.durable,
    );
    return this.books();
  }

  /** Somebody else at the broker. */
  async observer(): Promise<Observer> {
    return this.#opened.use(await Observer.connect(this.broker.port));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened[Symbol.asyncDispose]();
    await this.#ledger[Symbol.asyncDispose]();
    await this.broker[Symbol.asyncDispose]();
    await this.#directory[Symbol.asyncDispose]();
  }
}

async function open(directory: TempDir): Promise<Ledger> {
  return openLedger({ directory: directory.file("store"), clock: systemClock(), log: silentLog, allowVolatile: true });
}

function aSale(number: number, terminal: string): TransactionRecord {
  return {
    event: "answered",
    transaction: {
      id: transactionId(`sale-${number}`),
      terminal: terminalId(terminal),
      acquirer: acquirerId("union"),
      kind: "sale",
      outcome: "approved",
      amount: minorUnits(100),
      currency: currency("CNY"),
      stan: String(number % 1_000_000).padStart(6, "0"),
      requestedAt: "2026-01-31T10:00:00.000Z",
    },
  };
}

export interface Heard {
  readonly topic: string;
  readonly text: string;
  readonly retained: boolean;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** Listens to everything at the broker, and can say anything. */
export class Observer implements AsyncDisposable {
  readonly heard: Heard[] = [];
  readonly #client: MqttClient;

  private constructor(client: MqttClient) {
    this.#client = client;
    client.on("message", (topic, payload, packet) => {
      const properties = { ...packet.properties };
      this.heard.push({ topic, text: payload.toString("utf8"), retained: packet.retain, properties });
    });
  }

  static async connect(port: number): Promise<Observer> {
    const client = new MqttClient(() => connect(port, "127.0.0.1"), { protocolVersion: 5, reconnectPeriod: 0 });
    const observer = new Observer(client);
    await new Promise<void>((resolve, reject) => {
      client.once("connect", () => resolve());
      client.once("error", reject);
    });
    await client.subscribeAsync("#", { qos: 1 });
    return observer;
  }

  on(suffix: string): readonly Heard[] {
    return this.heard.filter(({ topic }) => topic.endsWith(suffix));
  }

  async say(topic: string, text: string, retain = false): Promise<void> {
    await this.#client.publishAsync(topic, text, { qos: 1, retain });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.endAsync(true);
  }
}
