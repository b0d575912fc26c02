import type { Duplex } from "node:stream";
import { type Clock, systemClock } from "../../runtime/clock.ts";
import { seededRandom } from "../seeded-random.ts";
import { ZvtBooks } from "./books.ts";
import { inventZvtCard, type ZvtCard } from "./cards.ts";
import { ConductPlan, type ZvtConduct, type ZvtNext } from "./conduct.ts";
import { mends, ZvtDevice } from "./device.ts";
import { habitual, USUAL_ZVT_HABITS } from "./habits.ts";
import { USUAL_IDENTITY } from "./identity.ts";
import { type Heeded, type LineTimes, SerialLine, TcpLine, type TillLine } from "./line.ts";
import { carryOut, enquireOpenHolds, moneyKind, repeatReceipt } from "./money.ts";
import { sayBusy, serviceOf } from "./service.ts";
import { PowerFailed, Talk, type ZvtTimes } from "./talk.ts";
import { USUAL_TIMES, type ZvtTerminalCounters, type ZvtTerminalOptions } from "./terminal-options.ts";
import { readTillCommand, type TillCommand } from "./till-command.ts";
import { negative, POSITIVE } from "./writing.ts";

const ABORT = 0x06b0;
const REGISTRATION = 0x0600;
const STATUS_ENQUIRY = 0x0501;
const PARTIAL_REVERSAL = 0x0623;
const REPEAT_RECEIPT = 0x0620;
const BUSY = 0x9c;
const NOT_SUPPORTED = 0x83;
const RECEIVER_NOT_READY = 0xa0;
const FUNCTION_DEACTIVATED = 0x6b;

/**
 * A ZVT terminal at the end of any stream of bytes (PA00P015, PA00P016). Books and plans outlive connections and power.
 */
export class ZvtTerminal implements Disposable {
  readonly books = new ZvtBooks();
  readonly device: ZvtDevice;
  readonly counters: ZvtTerminalCounters = { commands: 0, outOfTurn: 0, lateAborts: 0, powerFailures: 0 };
  readonly #options: ZvtTerminalOptions;
  readonly #times: ZvtTimes & LineTimes;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #plan: ConductPlan;
  readonly #lines = new Set<TillLine>();
  readonly #end = new AbortController();
  #power = new AbortController();
  #isOn = true;
  #running: { readonly talk: Talk; readonly line: TillLine; readonly done: Promise<void> } | undefined;
  /** Which course an answer of this line is for. */
  readonly #talks = new WeakMap<TillLine, Talk>();
  #commands: TillCommand[] = [];

  constructor(options: ZvtTerminalOptions = {}) {
    this.#options = options;
    this.#times = { ...USUAL_TIMES, ...options.times };
    this.#clock = options.clock ?? systemClock();
    this.#random = options.random ?? seededRandom(1);
    this.device = new ZvtDevice({ ...USUAL_IDENTITY, ...options.identity }, options.currency ?? 978);
    this.#plan = new ConductPlan(habitual({ ...USUAL_ZVT_HABITS, ...options.habits }, this.#random));
  }

  /** The last thousand that came whole, oldest first. */
  get commands(): readonly TillCommand[] {
    return this.#commands;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** Lines to tills that are open now. */
  get lines(): number {
    return this.#lines.size;
  }

  /** Whether an order is being carried out, with or without a till. */
  get isBusy(): boolean {
    return this.#running !== undefined;
  }

  /** Plans the conduct at a command to come. Plans are used in the order given. */
  next(next: ZvtNext): void {
    this.#plan.next(next);
  }

  /** Nothing is planned any more; what is in the books stays. */
  behave(): void {
    this.#plan.clear();
  }

  /** Talks over this stream until it ends: bare APDUs on TCP, blocks with ACK and NAK on a serial line. */
  serve(stream: Duplex, framing: "tcp" | "serial"): void {
    if (this.#end.signal.aborted || (framing === "tcp" && !this.#isOn)) {
      stream.destroy();
      return;
    }
    const hear = (apdu: Uint8Array, from: TillLine): Heeded => this.#hear(apdu, from);
    const line = framing === "tcp" ? new TcpLine(stream, hear) : new SerialLine(stream, hear, this.#times, this.#clock);
    this.#lines.add(line);
    line.ended.addEventListener("abort", () => this.#lines.delete(line), { once: true });
  }

  /** Breaks all connections off; what is being carried out goes on. */
  dropLines(): void {
    for (const line of Array.from(this.#lines)) line.cut();
  }

  /**
   * The power goes away, and comes back after `awayMs`. What was being carried out is over unless the host had decided; the
   * till's registration is forgotten, the books are not.
   */
  failPower(awayMs = this.#options.powerAwayMs ?? 0): void {
    this.counters.powerFailures++;
    this.#options.log?.info("zvt.powerFailed", { awayMs });
    this.#isOn = false;
    this.#power.abort();
    this.#power = new AbortController();
    this.dropLines();
    this.device.forgetTill();
    this.#running = undefined;
    if (awayMs === 0) {
      this.#isOn = true;
      return;
    }
    this.#clock.sleep(awayMs, this.#end.signal).then(
      () => (this.#isOn = true),
      // It is disposed of.
      () => undefined,
    );
  }

  /** Resolves when nothing is being carried out any more. */
  async whenIdle(): Promise<void> {
    while (this.#running !== undefined) await this.#running.done;
  }

  [Symbol.dispose](): void {
    this.#end.abort();
    this.#isOn = false;
    this.#power.abort();
    for (const line of Array.from(this.#lines)) line.end();
  }

  #hear(apdu: Uint8Array, line: TillLine): Heeded {
    if (!this.#isOn) return "nothing";
    const command = readTillCommand(apdu);
    if (command.code === 0x8000 || command.code >> 8 === 0x84) {
      this.#talks.get(line)?.hearAnswer(command.code, apdu);
      return "ack";
    }
    const isMoney = moneyKind(command) !== undefined;
    const isFree = this.#running === undefined || (this.#running.line === line && this.#running.talk.isOver);
    const isInTurn = command.code !== ABORT && isFree;
    const conduct = isInTurn ? this.#plan.conductOf(command.code, isMoney) : {};
    if (conduct === "nak") return "nak";
    if (conduct.deaf === true) return "nothing";
    this.counters.commands++;
    this.#commands = [...this.#commands, command].slice(-1_000);
    this.#options.log?.info("zvt.command", { command: command.code.toString(16).padStart(4, "0") });
    if (command.code === ABORT) this.#callBack(command, line);
    else if (isFree) return this.#begin(command, conduct, line);
    else if (this.#running?.line === line) this.counters.outOfTurn++;
    else this.#answerBusy(command, line);
    return "ack";
  }

  #begin(command: TillCommand, conduct: ZvtConduct, line: TillLine): Heeded {
    void this.#options.onStep?.("received", command);
    if (conduct.dieAt === "received") {
      this.#record(command);
      this.failPower();
      return "nothing";
    }
    const talk = this.#talk(command, conduct, line);
    const done = this.#run(talk, command, this.#running?.done);
    this.#talks.set(line, talk);
    this.#running = { talk, line, done };
    return conduct.noAck === true || conduct.muteFrom === "received" ? "nothing" : "ack";
  }

  /** An order of money came, and the power failed before anybody had looked at it. */
  #record(command: TillCommand): void {
    const kind = moneyKind(command);
    if (kind !== undefined) this.books.giveUp(this.books.arrive(kind, command.amount), "aborted");
  }

  /** @param before  The command that the till knows to be over, and that is just ending. */
  async #run(talk: Talk, command: TillCommand, before: Promise<void> | undefined): Promise<void> {
    const { power } = talk.parts;
    // Also the ACK goes out first, when the caller returns.
    await before;
    try {
      await this.#carryOut(talk, command);
    } catch (error) {
      if (!(error instanceof PowerFailed)) throw error;
      if (!power.aborted) this.failPower();
    } finally {
      if (this.#running?.talk === talk) this.#running = undefined;
    }
  }

  async #carryOut(talk: Talk, command: TillCommand): Promise<void> {
    const { conduct } = talk.parts;
    const { code, unknownField, broken } = command;
    if (unknownField !== undefined || broken === true) return talk.refuse(NOT_SUPPORTED);
    const kind = moneyKind(command);
    if (kind !== undefined) return carryOut(talk, kind);
    if (conduct.noAnswer === true) return;
    if (conduct.refuse !== undefined) return talk.refuse(conduct.refuse);
    const service = serviceOf(code);
    const isKnown = service !== undefined || code === PARTIAL_REVERSAL || code === REPEAT_RECEIPT;
    if (!isKnown) return talk.refuse(NOT_SUPPORTED);
    const isAllowed = service?.whileLocked === true;
    if (conduct.abortWith !== undefined && code !== REGISTRATION) return this.#refuseLater(talk, conduct.abortWith);
    if (this.device.isLocked && !isAllowed) return this.#refuseLater(talk, RECEIVER_NOT_READY);
    if (!this.device.isRegistered && !isAllowed) return this.#refuseLater(talk, FUNCTION_DEACTIVATED);
    if (service !== undefined) return service.serve(talk);
    return code === PARTIAL_REVERSAL ? enquireOpenHolds(talk) : repeatReceipt(talk);
  }

  async #refuseLater(talk: Talk, code: number): Promise<void> {
    await talk.acknowledge();
    await talk.abort(code);
  }

  /** 06 B0 is taken at any time, and does something only while the host has not been asked. */
  #callBack(command: TillCommand, line: TillLine): void {
    if (this.#running?.talk.callBack() !== true) this.counters.lateAborts++;
    if (mends(command.code, this.device.status)) this.device.status = 0;
    void this.#talk(command, {}, line).answer(POSITIVE);
  }

  /** A till came back while the order of its earlier connection is still running. */
  #answerBusy(command: TillCommand, line: TillLine): void {
    const talk = this.#talk(command, {}, line);
    if (command.code === STATUS_ENQUIRY) {
      this.#talks.set(line, talk);
      void sayBusy(talk).catch(() => undefined);
      return;
    }
    this.counters.outOfTurn++;
    const kind = moneyKind(command);
    if (kind !== undefined) this.books.giveUp(this.books.arrive(kind, command.amount), "refused", BUSY);
    void talk.answer(negative(BUSY));
  }

  #talk(command: TillCommand, conduct: ZvtConduct, line: TillLine): Talk {
    const { onStep = () => undefined, needsTill = false } = this.#options;
    return new Talk({
      command,
      conduct,
      line,
      device: this.device,
      books: this.books,
      clock: this.#clock,
      times: this.#times,
      random: this.#random,
      card: (): ZvtCard => inventZvtCard(this.#random),
      onStep,
      power: this.#power.signal,
      needsTill,
    });
  }
}
