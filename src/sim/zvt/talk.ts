import type { Clock } from "../../runtime/clock.ts";
import type { ZvtBooks } from "./books.ts";
import type { ZvtCard } from "./cards.ts";
import type { ZvtConduct, ZvtStep } from "./conduct.ts";
import type { ZvtDevice } from "./device.ts";
import { otherIdentity, type ZvtIdentity } from "./identity.ts";
import type { LineFaults, TillLine } from "./line.ts";
import type { ReceiptType } from "./receipt-lines.ts";
import type { TillCommand } from "./till-command.ts";
import { bcd, container, message, negative, POSITIVE, text, tlv } from "./writing.ts";

/** The terminal's power has failed: whatever it was doing is over. */
export class PowerFailed extends Error {
  override readonly name = "PowerFailed";
}

/** ms. */
export interface ZvtTimes {
  /** For each thing that the customer is asked for. */
  readonly stepMs: number;
  /** From a message to the till's answer (T3). */
  readonly answerMs: number;
  /** Before a status information is said again, after 84 9C. */
  readonly againMs: number;
}

/** What the terminal lends to the course of one command. */
export interface TalkParts {
  readonly command: TillCommand;
  readonly conduct: ZvtConduct;
  readonly line: TillLine;
  readonly device: ZvtDevice;
  readonly books: ZvtBooks;
  readonly clock: Clock;
  readonly times: ZvtTimes;
  readonly random: () => number;
  /** The card that the next customer has. */
  readonly card: () => ZvtCard;
  readonly onStep: (step: ZvtStep, command: TillCommand) => void | Promise<void>;
  /** Fires when the power fails or the terminal is disposed of. */
  readonly power: AbortSignal;
  /** Whether an order that has not reached the host is given up when the till is gone. */
  readonly needsTill: boolean;
}

type TillAnswer = { readonly code: number; readonly apdu: Uint8Array } | undefined;

/** The course of one command: the terminal is master, each message waits for the till's answer. */
export class Talk {
  readonly parts: TalkParts;
  readonly #faults: LineFaults;
  readonly #calledBack = new AbortController();
  #answered: ((answer: TillAnswer) => void) | undefined;
  #canBeCalledBack = true;
  #isMute: boolean;
  #isEnding = false;
  #isOver = false;
  #tillIsGone = false;

  constructor(parts: TalkParts) {
    this.parts = parts;
    const { wrongCrc = 0, twice = false, garbage = 0 } = parts.conduct;
    const noise = Uint8Array.from({ length: garbage }, () => 0x20 + Math.floor(parts.random() * 0xe0));
    this.#isMute = parts.conduct.muteFrom === "received";
    this.#faults = { wrongCrc, twice, noise };
    if (parts.needsTill) parts.line.ended.addEventListener("abort", () => this.callBack(), { once: true });
  }

  get identity(): ZvtIdentity {
    const { device, conduct } = this.parts;
    return conduct.isOther === true ? otherIdentity(device.identity) : device.identity;
  }

  /** The till is master again, and may send its next command. */
  get isOver(): boolean {
    return this.#isOver;
  }

  get wasCalledBack(): boolean {
    return this.#calledBack.signal.aborted;
  }

  /** 06 B0. @returns whether it came in time. */
  callBack(): boolean {
    if (this.#canBeCalledBack) this.#calledBack.abort();
    return this.#canBeCalledBack;
  }

  /** From here on the order takes its course. */
  cannotBeCalledBack(): void {
    this.#canBeCalledBack = false;
  }

  /** 80 00 or 84 xx of the till. */
  hearAnswer(code: number, apdu: Uint8Array): void {
    this.#isOver = this.#isEnding;
    this.#answered?.({ code, apdu });
  }

  /** @throws PowerFailed when it does so here. */
  async reach(step: ZvtStep): Promise<void> {
    const { onStep, command, conduct } = this.parts;
    await onStep(step, command);
    if (conduct.muteFrom === step) this.#isMute = true;
    if (conduct.dieAt === step || this.parts.power.aborted) throw new PowerFailed();
  }

  /** 80 00 or 84 xx after which nothing more comes. */
  async answerAndEnd(apdu: Uint8Array): Promise<void> {
    this.#isOver = true;
    await this.answer(apdu);
  }

  /** 80 00, or 84 xx. Nobody answers these. */
  async answer(apdu: Uint8Array): Promise<void> {
    if (!this.#isMute && !(await this.parts.line.send(apdu, this.#faults))) this.#lostTill();
  }

  async acknowledge(): Promise<void> {
    await this.reach("taken");
    await this.answer(POSITIVE);
    await this.reach("acknowledged");
    if (this.parts.conduct.floods === true) await this.#flood();
  }

  async refuse(code: number): Promise<void> {
    await this.reach("taken");
    await this.answerAndEnd(negative(code));
  }

  /** Sends a message and waits for the till's answer; undefined when there is none. */
  async say(apdu: Uint8Array): Promise<TillAnswer> {
    const { line, clock, times } = this.parts;
    if (this.#isMute || this.#tillIsGone || line.hasEnded) return undefined;
    const { promise, resolve } = Promise.withResolvers<TillAnswer>();
    const over = new AbortController();
    this.#answered = resolve;
    try {
      if (await line.send(apdu, this.#faults)) {
        const late = clock.sleep(times.answerMs, AbortSignal.any([over.signal, line.ended, this.parts.power]));
        const silence = late.then(
          () => undefined,
          () => undefined,
        );
        const answer = await Promise.race([promise, silence]);
        if (answer !== undefined) return answer;
      }
    } finally {
      over.abort();
      this.#answered = undefined;
    }
    this.#lostTill();
    return undefined;
  }

  /** A message about what was booked. @returns the till's own amount for partial goods, if it gives one. */
  async sayStatus(apdu: Uint8Array): Promise<{ readonly heard: boolean; readonly issued?: number }> {
    let answer = await this.say(apdu);
    for (let waits = 0; answer?.code === WAIT && waits < MOST_WAITS; waits++) {
      await this.pause(this.parts.times.againMs);
      answer = await this.say(apdu);
    }
    if (answer === undefined) return { heard: false };
    const issued = answer.code === PARTIAL_GOODS ? issuedAmount(answer.apdu) : undefined;
    return issued === undefined ? { heard: true } : { heard: true, issued };
  }

  /** @param shown  The terminal's own words, for a till that understands TLVs. */
  async intermediate(status: number, shown: string): Promise<void> {
    const { device, conduct } = this.parts;
    if (!device.wantsIntermediate) return;
    const words = device.takesTlv ? container(tlv(0x24, tlv(0x07, text(shown, device.charset)))) : NOTHING;
    const minutes = conduct.minutes === undefined && words.length === 0 ? NOTHING : bcd(conduct.minutes ?? 0, 1);
    await this.say(message(0x04ff, Uint8Array.of(status), minutes, words));
  }

  async print(type: ReceiptType, lines: readonly string[]): Promise<void> {
    const { device } = this.parts;
    const texts = lines.map((line) => text(line, device.charset));
    if (device.printsBlocks) {
      const block = tlv(0x25, ...texts.map((line) => tlv(0x07, line)));
      await this.say(message(0x06d3, container(tlv(0x1f07, Uint8Array.of(type)), block)));
      return;
    }
    for (const line of texts) await this.say(message(0x06d1, Uint8Array.of(0), line));
    await this.say(message(0x06d1, Uint8Array.of(0xff, 3)));
  }

  async complete(...data: readonly Uint8Array[]): Promise<void> {
    await this.#end(message(0x060f, ...data));
  }

  /** 06 1E. */
  async abort(code: number, ...data: readonly Uint8Array[]): Promise<void> {
    await this.#end(message(0x061e, Uint8Array.of(code), ...data));
  }

  /** Shorter when the order is called back meanwhile. @throws PowerFailed */
  async pause(ms: number): Promise<void> {
    const { clock, power } = this.parts;
    const shorter = this.#canBeCalledBack ? [power, this.#calledBack.signal] : [power];
    await clock.sleep(ms, AbortSignal.any(shorter)).catch(() => undefined);
    if (power.aborted) throw new PowerFailed();
  }

  /** Until the order is called back. @throws PowerFailed */
  async waitForCallBack(): Promise<void> {
    while (!this.wasCalledBack) await this.pause(LONG_MS);
  }

  async #end(apdu: Uint8Array): Promise<void> {
    const { completion } = this.parts.conduct;
    if (completion !== undefined && completion !== "lost") await this.pause(completion.lateMs);
    this.#isEnding = true;
    if (completion !== "lost") await this.say(apdu);
    await this.reach("completed");
  }

  async #flood(): Promise<void> {
    const { line } = this.parts;
    const nonsense = message(0x04ff, Uint8Array.of(0x0e));
    // Slower than the processor: a till that reads must be able to do something else, too.
    while (await line.pour(nonsense)) await this.pause(1);
    // Only the switch ends it.
    throw new PowerFailed();
  }

  #lostTill(): void {
    this.#tillIsGone = true;
    this.parts.line.cut();
    if (this.parts.needsTill) this.callBack();
  }
}

const NOTHING = new Uint8Array(0);
const WAIT = 0x849c;
/** Times that a till may put a status information off. */
const MOST_WAITS = 30;
const PARTIAL_GOODS = 0x849d;
const LONG_MS = 60_000;

/** `84 9D 07 04 <amount>`. */
function issuedAmount(apdu: Uint8Array): number | undefined {
  const [, , , name, ...digits] = apdu;
  if (name !== 0x04 || digits.length !== 6) return undefined;
  return Number(digits.map((byte) => byte.toString(16).padStart(2, "0")).join(""));
}
