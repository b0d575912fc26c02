import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { EcrBooks } from "./books.ts";
import type { Misbehaviour, NextOrder } from "./plan.ts";
import { SimLine } from "./sim-line.ts";
import type { Reaction, Speaker } from "./speaker.ts";
import type { SimWire } from "./wire.ts";

export interface EcrTerminalOptions {
  readonly wire: SimWire;
  /** Absent: it takes no commands and only says what it is told to. */
  readonly speaker?: Speaker;
  /** ms for each thing that the customer is asked for. */
  readonly stepMs: number;
  /** ms until an answer that was not confirmed is sent again. */
  readonly ackMs: number;
  /** Told what happens, for people. */
  readonly log?: (event: string, fields: Readonly<Record<string, string | number>>) => void;
}

/** How often an answer is sent at most. */
const SENDINGS = 3;

/** A card terminal at the other end of any stream of bytes. It remembers what it charged, whatever line it was ordered over. */
export class EcrTerminal implements Disposable {
  readonly books = new EcrBooks();
  readonly #options: EcrTerminalOptions;
  readonly #stop = new AbortController();
  readonly #lines = new Set<SimLine>();
  readonly #next: NextOrder[] = [];
  /** True: it hears and says nothing, as a terminal whose battery is empty. */
  isAsleep = false;
  /** What an order meets for which nothing was planned. */
  usually: NextOrder = {};
  terminalNumber: string;
  #released = new AbortController();
  #heardBytes = 0;
  #commands: string[] = [];
  #isBusy = false;

  constructor(options: EcrTerminalOptions) {
    this.#options = options;
    this.terminalNumber = options.speaker?.terminalNumber ?? "";
  }

  /** Commands that came whole, oldest first. */
  get commands(): readonly string[] {
    return this.#commands;
  }

  /** Whether an order is being carried out. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  get heardBytes(): number {
    return this.#heardBytes;
  }

  /** Plans an order; several wait for their turn. */
  next(order: NextOrder): void {
    this.#next.push(order);
  }

  /** Says something of its own accord, to whoever is connected. */
  say(text: string): void {
    for (const line of this.#lines) line.write(this.#options.wire.frame(text));
  }

  /** Who waits for a card gives up. */
  release(): void {
    this.#released.abort();
    this.#released = new AbortController();
  }

  /** Bytes as they are. */
  sayRaw(bytes: Uint8Array): void {
    for (const line of this.#lines) line.write(bytes);
  }

  /** Talks over this stream until it ends. */
  serve(stream: Duplex): void {
    const line = new SimLine(stream, this.#options.wire, (text) => this.#hear(line, text));
    this.#lines.add(line);
    stream.on("data", (chunk: Buffer) => {
      this.#heardBytes += chunk.length;
    });
    stream.once("close", () => this.#lines.delete(line));
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
    for (const line of this.#lines) line.end();
  }

  #hear(line: SimLine, text: string): void {
    this.#commands = [...this.#commands, text].slice(-1000);
    if (this.isAsleep) return;
    const { speaker, wire } = this.#options;
    const [planned = this.usually] = this.#next;
    const { books, terminalNumber } = this;
    const customer = planned.misbehaviour?.do === "waits" ? "cancels" : (planned.customer ?? "pays");
    const reaction = speaker?.hear(text, { books, customer, terminalNumber });
    if (reaction === undefined || this.#isBusy) {
      line.write(wire.nak);
      return;
    }
    this.#options.log?.("ecr.command", { name: text.slice(0, 10) });
    if (!reaction.movesMoney) {
      line.write(wire.ack);
      this.#answer(line, reaction.act());
      return;
    }
    const { misbehaviour } = planned;
    if (this.#refuses(line, misbehaviour)) return;
    this.#next.shift();
    void this.#carryOut(line, reaction, misbehaviour);
  }

  /** Whether the order is not taken this time. */
  #refuses(line: SimLine, misbehaviour: Misbehaviour | undefined): boolean {
    const { nak } = this.#options.wire;
    switch (misbehaviour?.do) {
      case "deaf":
        this.#next.shift();
        return true;
      case "nakTwice":
        this.#next[0] = {};
        line.write(Buffer.concat([nak, nak]));
        return true;
      case "nak":
        this.#next[0] = misbehaviour.times > 1 ? { misbehaviour: { do: "nak", times: misbehaviour.times - 1 } } : {};
        line.write(nak);
        return true;
      default:
        return false;
    }
  }

  async #carryOut(line: SimLine, reaction: Reaction, misbehaviour: Misbehaviour | undefined): Promise<void> {
    const { wire, stepMs } = this.#options;
    this.#isBusy = true;
    try {
      if (misbehaviour?.do === "garbage") line.write(Buffer.alloc(misbehaviour.bytes, 0x5a));
      if (misbehaviour?.do !== "noAck") line.write(wire.ack);
      if (misbehaviour?.do === "dieAfterAck") line.end();
      for (const text of reaction.progress) {
        line.write(wire.progress(text));
        await this.#pause(stepMs);
      }
      if (misbehaviour?.do === "waits") await this.#waitForNobody(line);
      if (misbehaviour?.do === "neverStop") await this.#talkOn(line, reaction.progress);
      if (misbehaviour?.do === "late") await this.#pause(misbehaviour.ms);
      const answer = reaction.act();
      this.#options.log?.("ecr.carriedOut", { charges: this.books.charges.length });
      await this.#answerBadly(line, answer, misbehaviour);
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error;
    } finally {
      this.#isBusy = false;
    }
  }

  async #answerBadly(line: SimLine, answer: string | undefined, misbehaviour: Misbehaviour | undefined): Promise<void> {
    if (answer === undefined || misbehaviour?.do === "noAnswer") return;
    const frame = this.#options.wire.frame(answer);
    if (misbehaviour?.do === "dieMidFrame") {
      line.write(frame.subarray(0, frame.length / 2));
      await this.#pause(20);
      line.end();
      return;
    }
    if (misbehaviour?.do === "answerTwice") line.write(frame);
    await this.#sendUntilConfirmed(line, frame, misbehaviour?.do === "wrongLrc" ? misbehaviour.times : 0);
  }

  #answer(line: SimLine, answer: string | undefined): void {
    if (answer === undefined) return;
    void this.#sendUntilConfirmed(line, this.#options.wire.frame(answer), 0).catch((error: unknown) => {
      if (!this.#stop.signal.aborted) throw error;
    });
  }

  async #sendUntilConfirmed(line: SimLine, frame: Buffer, wrongLrcs: number): Promise<void> {
    for (let sending = 1; sending <= SENDINGS + wrongLrcs && !line.hasEnded; sending++) {
      const damaged = Buffer.from(frame);
      damaged[frame.length - 1] = (frame.at(-1) ?? 0) ^ 0x55;
      line.write(sending <= wrongLrcs ? damaged : frame);
      if ((await line.confirmation(this.#options.ackMs, this.#stop.signal)) === "ack") return;
    }
  }

  async #waitForNobody(line: SimLine): Promise<void> {
    const { signal } = this.#released;
    while (!line.hasEnded && !signal.aborted) await this.#pause(10);
  }

  async #talkOn(line: SimLine, progress: readonly string[]): Promise<void> {
    while (!line.hasEnded) {
      for (const text of progress) line.write(this.#options.wire.progress(text));
      await this.#pause(5);
    }
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#stop.signal });
  }
}
