import { getEventListeners } from "node:events";
import type { Moment } from "../../src/domain/clock.ts";
import { currency, minorUnits } from "../../src/domain/money.ts";
import { type LastTransaction, type PaymentAnswer, paymentId } from "../../src/domain/payment.ts";
import { type RecordDraft, type Seq, seq } from "../../src/domain/record.ts";
import type { RecordInput } from "../../src/domain/reducer.ts";
import type { TerminalId, TerminalRecord } from "../../src/domain/terminal.ts";
import type { Transaction, TransactionEvent } from "../../src/domain/transaction.ts";
import { silentLog } from "../../src/runtime/log.ts";
import type { TerminalClaim } from "../../src/terminals/claim.ts";
import { openItems } from "../../src/terminals/open-items.ts";
import type { TerminalOptions } from "../../src/terminals/options.ts";
import { standings } from "../../src/terminals/standing.ts";
import { superviseTerminals, type SupervisedTerminals, type SupervisionSetup } from "../../src/terminals/supervise.ts";
import { terminalRecordOf } from "../../src/terminals/terminal-record.ts";
import { usage } from "../../src/terminals/usage/usage.ts";
import { FakeDevice } from "./fake-device.ts";
import { aTransaction } from "./ledger-in-memory.ts";
import { VirtualClock } from "./virtual-clock.ts";

type Options = Partial<Omit<TerminalOptions, "id" | "makeDriver">>;

/** Devices under real supervision, with a ledger that is a list and time that the test lets pass. */
export class SupervisedShop {
  readonly clock: VirtualClock;
  readonly devices = new Map<string, FakeDevice>();
  readonly records: RecordInput[] = [];
  readonly terminals: TerminalOptions[] = [];
  relayed: SupervisionSetup["relayed"] = [];
  standing = standings.begin();
  open = openItems.begin();
  used = usage.begin();
  readonly lateAnswers: [TerminalId, LastTransaction][] = [];
  /** The reducers have caught up. */
  isRead = true;
  refusesRecords = false;
  /** For long runs: the reducers hear of records that nobody keeps. */
  keepsRecords = true;
  #seq = 0;
  #stop = new AbortController();
  #ended: readonly Promise<void>[] = [];
  #supervised: SupervisedTerminals | undefined;

  constructor(clock = new VirtualClock()) {
    this.clock = clock;
  }

  /** Who listens for the end: must not grow. */
  get listeners(): number {
    return getEventListeners(this.#stop.signal, "abort").length;
  }

  get supervised(): SupervisedTerminals {
    if (this.#supervised === undefined) throw new Error("not started");
    return this.#supervised;
  }

  add(name: string, options: Options = {}): FakeDevice {
    const device = new FakeDevice(name);
    device.identity = { ...device.identity, serial: `SN-${name}`, terminalNumber: `T-${name}` };
    this.devices.set(name, device);
    this.terminals.push({ id: device.terminal, family: "zvt", makeDriver: device.makeDriver, ...options });
    return device;
  }

  async start(): Promise<this> {
    this.#supervised = superviseTerminals(
      { terminals: this.terminals, relayed: this.relayed, timezone: "Asia/Shanghai" },
      {
        clock: this.clock,
        log: silentLog,
        random: () => 0.5,
        record: this.record,
        standings: () => (this.isRead ? this.standing : undefined),
        openItems: () => (this.isRead ? this.open : undefined),
        usage: () => (this.isRead ? this.used : undefined),
        lateAnswer: (terminal, answer) => this.lateAnswers.push([terminal, answer]),
      },
    );
    this.#stop = new AbortController();
    this.#ended = this.#supervised.tasks.map(async (task) => task.run(this.#stop.signal));
    await this.clock.pass(0);
    return this;
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error("stopped"));
    await this.clock.pass(20_000);
    await Promise.all(this.#ended);
  }

  /** As after a crash: everything comes from the ledger. */
  async restart(): Promise<this> {
    await this.stop();
    this.standing = standings.begin();
    for (const record of this.records) this.standing = standings.step(this.standing, record);
    return this.start();
  }

  view(name: string) {
    const view = this.supervised.views().find(({ terminal }) => terminal === name);
    if (view === undefined) throw new Error(`no view of ${name}`);
    return view;
  }

  events(name: string, event: TerminalRecord["event"]): readonly NonNullable<TerminalRecord["detail"]>[] {
    return this.records
      .filter(({ kind, terminal }) => kind === "terminal" && terminal === name)
      .map((record) => terminalRecordOf(record))
      .filter((body) => body?.event === event)
      .map((body) => body?.detail ?? {});
  }

  transaction(event: TransactionEvent, differs: Partial<Transaction>): void {
    void this.record({ kind: "transaction", body: { event, transaction: aTransaction(differs) } });
  }

  /** One payment on a claimed terminal. */
  async sell(claim: TerminalClaim): Promise<PaymentAnswer> {
    return claim.session.pay(
      { payment: paymentId("p-1"), kind: "sale", amount: minorUnits(1_200), currency: currency("CNY") },
      () => undefined,
      new AbortController().signal,
    );
  }

  readonly record = async (draft: RecordDraft): Promise<Seq> => {
    await Promise.resolve();
    if (this.refusesRecords) throw new Error("the disk is full");
    this.#seq += 1;
    const moment: Moment = { at: this.clock.now(), clock: this.clock.stamp() };
    const input: RecordInput = {
      type: "record",
      seq: seq(this.#seq),
      kind: draft.kind,
      moment,
      // As it comes back from the ledger: parsed, and nobody else's object.
      body: JSON.parse(JSON.stringify(draft.body)),
      ...(draft.terminal === undefined ? {} : { terminal: draft.terminal }),
    };
    if (this.keepsRecords) this.records.push(input);
    if (standings.kinds.has(input.kind)) this.standing = standings.step(this.standing, input);
    if (openItems.kinds.has(input.kind)) this.open = openItems.step(this.open, input);
    if (usage.kinds.has(input.kind)) this.used = usage.step(this.used, input);
    return input.seq;
  };
}

export function claimed(found: ReturnType<SupervisedTerminals["claims"]["claim"]>): TerminalClaim {
  if ("refused" in found) throw new Error(`refused: ${found.refused} ${found.because ?? ""}`);
  return found;
}
