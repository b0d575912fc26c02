import { type Log, silentLog } from "../../runtime/log.ts";
import { lllBytes, type RawField } from "../acquirer/compose.ts";
import { USUAL_FRAMING, type WireFraming } from "../acquirer/frames.ts";
import { type Sides, USUAL_SIDES } from "../settlement-sides.ts";
import { type Card, inventCard } from "./card.ts";
import { adviseOne, failure, payDebts } from "./debts.ts";
import { Device, type DeviceCounters, type UsedSecret } from "./device.ts";
import { drawRead, type EntryMethod } from "./entry-mode.ts";
import type { JournalEntry } from "./journal.ts";
import { type LineUse, TerminalLine, type TerminalTls } from "./line.ts";
import { TerminalMemory } from "./memory.ts";
import { managementFields } from "./requests.ts";
import { settle } from "./settle.ts";
import type { Failed, Managed, Settled, Shown } from "./shown.ts";
import { type Order, transact } from "./transact.ts";

export interface TerminalOptions {
  /** Eight characters. */
  readonly de41: string;
  /** Fifteen characters: acquirer 3, region 4, MCC 4, number 4. */
  readonly de42: string;
  readonly host: string;
  readonly port: number;
  readonly framing?: WireFraming;
  /** Ten digits. Default 6000030000. */
  readonly tpdu?: string;
  /** Digits of the message header, two for each byte of the framing's. Default 603100310100. */
  readonly header?: string;
  readonly tls?: TerminalTls;
  readonly localAddress?: string;
  /** Default `request`: a short connection for each message. */
  readonly lineUse?: LineUse;
  /** ms. Default 10 s. */
  readonly connectMs?: number;
  /** ms. Default 60 s (DE62 tag 12, reference 1.1). */
  readonly receiveMs?: number;
  /** Default 3 (DE62 tag 23): a reversal is attempted once more than that, then given up. */
  readonly reversalResends?: number;
  /** DE49. Default 156, CNY. */
  readonly currency?: string;
  /** Two digits. Default 01. */
  readonly operator?: string;
  readonly sides?: Sides;
  /** What an earlier life of this terminal left in its flash. */
  readonly memory?: TerminalMemory;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  readonly log?: Log;
}

export interface TransactionOptions {
  /** Default: a new invented card. */
  readonly card?: Card;
  /** Default: as customers do. */
  readonly method?: EntryMethod;
  readonly pin?: boolean;
  /** The chip fails after the approval: reversed with reason 96. */
  readonly chipFails?: boolean;
  /** Neither DE2 nor a track goes out. */
  readonly withoutCardNumber?: boolean;
}

export interface TerminalCounters extends Readonly<DeviceCounters> {
  readonly connections: number;
  /** Messages that nobody waited for: late, doubled, for another terminal, or unreadable. */
  readonly ignoredMessages: number;
}

/**
 * A card terminal with its cashier's menu. One operation at a time: a second one while it works is refused with an
 * Error. Every operation first sends the reversal that is still owed. Disposing hangs up.
 */
export interface Terminal extends AsyncDisposable {
  readonly de41: string;
  readonly memory: TerminalMemory;
  signIn(): Promise<Managed>;
  signOff(): Promise<Managed>;
  echo(): Promise<Managed>;
  download(): Promise<Managed>;
  sale(amount: number, options?: TransactionOptions): Promise<Shown>;
  /** Takes a sale back within its batch. */
  void(original: JournalEntry): Promise<Shown>;
  /** Default amount: the whole. */
  refund(original: JournalEntry, amount?: number): Promise<Shown>;
  preAuth(amount: number, options?: TransactionOptions): Promise<Shown>;
  /** A second hold on the card of the first (DE25 = 60). */
  preAuthAddOn(original: JournalEntry, amount: number): Promise<Shown>;
  preAuthVoid(original: JournalEntry): Promise<Shown>;
  completion(original: JournalEntry, amount?: number): Promise<Shown>;
  /** By advice: repeated until somebody answers, never reversed. */
  completionAdvice(original: JournalEntry, amount?: number): Promise<Shown>;
  completionVoid(original: JournalEntry): Promise<Shown>;
  offlineSale(amount: number, options?: TransactionOptions): Promise<Shown>;
  balance(options?: TransactionOptions): Promise<Shown>;
  settle(): Promise<Settled>;
  /** Sends what is owed: script notice, reversal, advices. @returns undefined when nothing is owed any more. */
  payDebts(): Promise<Failed | undefined>;
  /**
   * Pulls the plug: sockets go, the operation under way ends, what was stored stays. Power is back at once.
   * The kernel still closes the connection; for an end that nobody hears of, put a black hole in between.
   */
  powerCut(): void;
  /** Whether a connection stands; between operations only with `lineUse: "long"`. */
  readonly isConnected: boolean;
  hangUp(): void;
  /** All transactions as this terminal saw them, oldest first. */
  journal(): readonly JournalEntry[];
  counters(): TerminalCounters;
  /** Card numbers, tracks, PIN blocks and keys that it has used so far, for a leak search. */
  secrets(): readonly UsedSecret[];
}

/**
 * Builds a terminal. It connects when it is used.
 *
 * @throws RangeError when an identity has the wrong length.
 */
export function createTerminal(options: TerminalOptions): Terminal {
  if (options.de41.length !== 8) throw new RangeError(`DE41 has eight characters: ${options.de41}`);
  if (options.de42.length !== 15) throw new RangeError(`DE42 has fifteen characters: ${options.de42}`);
  return new CardTerminal(options);
}

class CardTerminal implements Terminal {
  readonly de41: string;
  readonly memory: TerminalMemory;
  readonly #device: Device;
  readonly #line: TerminalLine;
  readonly #lineUse: LineUse;
  readonly #random: () => number;
  readonly #sides: Sides;
  #power = new AbortController();
  #isBusy = false;

  constructor(options: TerminalOptions) {
    const framing = options.framing ?? USUAL_FRAMING;
    this.de41 = options.de41;
    this.memory = options.memory ?? new TerminalMemory();
    this.#random = options.random;
    this.#sides = options.sides ?? USUAL_SIDES;
    this.#lineUse = options.lineUse ?? "request";
    this.#line = new TerminalLine({
      host: options.host,
      port: options.port,
      framing,
      connectMs: options.connectMs ?? 10_000,
      receiveMs: options.receiveMs ?? 60_000,
      ...(options.tls === undefined ? {} : { tls: options.tls }),
      ...(options.localAddress === undefined ? {} : { localAddress: options.localAddress }),
    });
    this.#device = new Device({
      identity: { de41: options.de41, de42: options.de42, currency: options.currency ?? "156" },
      line: this.#line,
      lineUse: this.#lineUse,
      memory: this.memory,
      framing,
      tpdu: framing.tpdu ? Buffer.from(options.tpdu ?? "6000030000", "hex") : Buffer.alloc(0),
      header: Buffer.from(options.header ?? "603100310100", "hex").subarray(0, framing.headerBytes),
      operator: options.operator ?? "01",
      reversalResends: options.reversalResends ?? 3,
      random: options.random,
      log: (options.log ?? silentLog).child({ terminal: options.de41 }),
    });
  }

  signIn(): Promise<Managed> {
    const { operator } = this.#device.parts;
    return this.#managed("0800", "003", [[63, lllBytes(Buffer.from(`${operator} `, "latin1"))]], (keys) => {
      this.memory.isSignedIn = true;
      if (keys !== undefined) this.#device.used("key block", keys.toString("hex"));
    });
  }

  signOff(): Promise<Managed> {
    return this.#managed("0820", "002", [], () => {
      this.memory.isSignedIn = false;
    });
  }

  echo(): Promise<Managed> {
    return this.#managed("0820", "301", [], () => undefined);
  }

  download(): Promise<Managed> {
    return this.#managed("0800", "360", [], () => undefined);
  }

  async sale(amount: number, options: TransactionOptions = {}): Promise<Shown> {
    return this.#transact(this.#withCard("sale", amount, options));
  }

  async void(original: JournalEntry): Promise<Shown> {
    return this.#transact(this.#withOriginal("saleVoid", original, original.amount));
  }

  async refund(original: JournalEntry, amount = original.amount): Promise<Shown> {
    return this.#transact(this.#withOriginal("refund", original, amount));
  }

  async preAuth(amount: number, options: TransactionOptions = {}): Promise<Shown> {
    return this.#transact(this.#withCard("preAuth", amount, options));
  }

  async preAuthAddOn(original: JournalEntry, amount: number): Promise<Shown> {
    return this.#transact(this.#withOriginal("preAuthAddOn", original, amount));
  }

  async preAuthVoid(original: JournalEntry): Promise<Shown> {
    return this.#transact(this.#withOriginal("preAuthVoid", original, original.amount));
  }

  async completion(original: JournalEntry, amount = original.amount): Promise<Shown> {
    return this.#transact(this.#withOriginal("completion", original, amount));
  }

  async completionAdvice(original: JournalEntry, amount = original.amount): Promise<Shown> {
    return this.#transact(this.#withOriginal("completionAdvice", original, amount));
  }

  async completionVoid(original: JournalEntry): Promise<Shown> {
    return this.#transact(this.#withOriginal("completionVoid", original, original.amount));
  }

  async offlineSale(amount: number, options: TransactionOptions = {}): Promise<Shown> {
    return this.#transact(this.#withCard("offlineSale", amount, options));
  }

  async balance(options: TransactionOptions = {}): Promise<Shown> {
    return this.#transact(this.#withCard("balance", 0, options));
  }

  settle(): Promise<Settled> {
    return this.#operate((power) => settle(this.#device, this.#sides, power));
  }

  payDebts(): Promise<Failed | undefined> {
    return this.#operate(async (power) => {
      const stopped = await payDebts(this.#device, power);
      if (stopped !== undefined) return stopped;
      while (this.memory.advices.length > 0) {
        const failed = await adviseOne(this.#device, power);
        if (failed !== undefined) return failed;
      }
      return undefined;
    });
  }

  powerCut(): void {
    this.#device.counters.powerCuts += 1;
    this.#power.abort(new Error("power cut"));
    this.#line.hangUp();
    this.#power = new AbortController();
  }

  get isConnected(): boolean {
    return this.#line.isOpen;
  }

  hangUp(): void {
    this.#line.hangUp();
  }

  journal(): readonly JournalEntry[] {
    return this.memory.everything();
  }

  counters(): TerminalCounters {
    return {
      ...this.#device.counters,
      connections: this.#line.connections,
      ignoredMessages: this.#line.ignored,
    };
  }

  secrets(): readonly UsedSecret[] {
    return this.#device.secrets();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#power.abort(new Error("switched off"));
    this.#line.hangUp();
    return Promise.resolve();
  }

  #transact(order: Order): Promise<Shown> {
    return this.#operate((power) => transact(this.#device, order, power));
  }

  #managed(
    mti: string,
    networkCode: string,
    extra: readonly RawField[],
    done: (de62: Buffer | undefined) => void,
  ): Promise<Managed> {
    const { identity } = this.#device.parts;
    return this.#operate(async (power) => {
      const fields = managementFields(this.memory.takeStan(), this.memory.batch, networkCode, identity, extra);
      const exchange = await this.#device.ask(mti, fields, "none", power);
      if (exchange.kind !== "answered") return failure(exchange);
      const code = exchange.message.text(39) ?? "";
      if (code !== "00") return { shown: "declined", code };
      done(exchange.message.content(62));
      return { shown: "done" };
    });
  }

  async #operate<T>(operation: (power: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#isBusy) throw new Error(`terminal ${this.de41} is busy with another operation`);
    this.#isBusy = true;
    try {
      return await operation(this.#power.signal);
    } finally {
      this.#isBusy = false;
      if (this.#lineUse !== "long") this.#line.hangUp();
    }
  }

  #withCard(kind: Order["kind"], amount: number, options: TransactionOptions): Order {
    const card = options.card ?? inventCard(this.#random);
    const drawn = drawRead(card, amount, this.#random);
    return {
      kind,
      amount,
      read: { card, method: options.method ?? drawn.method, pin: options.pin ?? drawn.pin },
      ...(options.chipFails === true ? { chipFails: true } : {}),
      ...(options.withoutCardNumber === true ? { withoutCardNumber: true } : {}),
    };
  }

  /** The card of the original is read again, as a cashier would ask for it. */
  #withOriginal(kind: Order["kind"], original: JournalEntry, amount: number): Order {
    return { ...this.#withCard(kind, amount, { card: this.memory.cardOf(original) }), original };
  }
}
