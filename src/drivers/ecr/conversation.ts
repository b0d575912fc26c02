import { assertNever } from "../../domain/assert-never.ts";
import { DeviceError, type DeviceNews } from "../../domain/device.ts";
import type { PaymentProgress } from "../../domain/payment.ts";
import type { LinkPlace } from "../transport/byte-link.ts";
import type { DeviceDeps } from "../driver.ts";
import type { LinePiece } from "./codec/decode.ts";
import { encodeFrame, encodeSignal } from "./codec/encode.ts";
import { countFault, type EcrCounters, type LineFault } from "./ecr-counters.ts";
import { EcrLine } from "./ecr-line.ts";
import type { Command, Dialect, EcrMessage } from "./profiles/dialect.ts";
import type { EcrProfile } from "./profiles/profile.ts";
import { type ExchangeOutcome, RunningExchange } from "./running-exchange.ts";
import { lastOf } from "./told-answers.ts";

export interface ConversationTerms {
  readonly profile: EcrProfile;
  readonly dialect: Dialect;
  /** ms. */
  readonly ackMs: number;
  readonly answerMs: number;
}

/** ms between a NAK and the repetition. No source names one; npm and Rust implementations wait for 0 to 200. */
const PAUSE_MS = 200;

/** What is said to one terminal and what it says: one command at a time, and whatever comes beside it. */
export class Conversation implements AsyncDisposable {
  readonly #terms: ConversationTerms;
  readonly #deps: DeviceDeps;
  readonly #counters: EcrCounters;
  /** Faults that were told since the last message: a bad line is one piece of news, not thousands. */
  readonly #told = new Set<LineFault>();
  #line: EcrLine | undefined;
  #exchange: RunningExchange | undefined;
  #progress: (news: PaymentProgress) => void = () => undefined;
  /** The last result that was taken as an answer, as it stood on the wire. */
  #lastResult: Uint8Array | undefined;
  #inStep = true;

  private constructor(terms: ConversationTerms, deps: DeviceDeps, counters: EcrCounters) {
    this.#terms = terms;
    this.#deps = deps;
    this.#counters = counters;
  }

  /** @throws what opening the place throws. */
  static async open(
    terms: ConversationTerms,
    place: LinkPlace,
    deps: DeviceDeps,
    counters: EcrCounters,
    signal: AbortSignal,
  ): Promise<Conversation> {
    const conversation = new Conversation(terms, deps, counters);
    const hear = (piece: LinePiece): void => conversation.#hear(piece);
    const line = await EcrLine.open(place, terms.profile.frame, deps.clock, hear, signal);
    conversation.#line = line;
    void line.ended.then(() => conversation.#exchange?.feed("lost"));
    return conversation;
  }

  get ended(): Promise<DeviceError> {
    return this.#opened.ended;
  }

  get endedWith(): DeviceError | undefined {
    return this.#opened.endedWith;
  }

  get busy(): boolean {
    return this.#exchange !== undefined;
  }

  /** False when a command went without its confirmation or its answer: what comes next may belong to that one. */
  get inStep(): boolean {
    return this.#inStep;
  }

  /**
   * Carries one command out. Never rejects for what terminal or line do.
   *
   * @param signal  Gives a question up; an order goes on, because the terminal does.
   * @throws the signal's reason.
   */
  async carryOut(
    command: Command,
    signal?: AbortSignal,
    progress: (news: PaymentProgress) => void = () => undefined,
  ): Promise<ExchangeOutcome> {
    signal?.throwIfAborted();
    const { profile, ackMs, answerMs } = this.#terms;
    const { movesMoney } = command;
    const isAnswered = command.answeredBy.length > 0;
    const rules = { movesMoney, isAnswered, repeats: profile.repeats, ackMs, answerMs, pauseMs: PAUSE_MS };
    let sends = 0;
    const hands = {
      send: async ({ data }: Command): Promise<void> => {
        this.#counters.framesSent++;
        if (sends++ > 0) this.#counters.retransmits++;
        await this.#opened.write(encodeFrame(profile.frame, data));
      },
      confirm: (): void => this.#signal("ack"),
      askAgain: (): void => {
        this.#counters.naksSent++;
        this.#signal("nak");
      },
    };
    const exchange = new RunningExchange(command, rules, hands, this.#deps.clock);
    this.#exchange = exchange;
    this.#progress = changesOnly(progress);
    const giveUp = (): void => exchange.feed("lost");
    if (!movesMoney) signal?.addEventListener("abort", giveUp, { once: true });
    exchange.feed("begin");
    const outcome = await exchange.ended;
    signal?.removeEventListener("abort", giveUp);
    this.#exchange = undefined;
    this.#progress = () => undefined;
    this.#inStep = outcome.ending === "confirmed" || outcome.ending === "answered";
    if (outcome.doubt) this.#counters.doubts++;
    if (!movesMoney) signal?.throwIfAborted();
    return outcome;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened[Symbol.asyncDispose]();
  }

  get #opened(): EcrLine {
    if (this.#line === undefined) throw new DeviceError("closed", "the link is not open");
    return this.#line;
  }

  #hear(piece: LinePiece): void {
    switch (piece.kind) {
      case "message":
        this.#counters.framesReceived++;
        this.#told.clear();
        this.#message(piece.data);
        break;
      case "progress":
        this.#progress(this.#terms.dialect.readProgress(piece.data));
        break;
      case "ack":
        this.#counters.acksReceived++;
        this.#exchange?.feed("ack");
        break;
      case "nak":
        this.#counters.naksReceived++;
        this.#tellFault("nak");
        this.#exchange?.feed("nak");
        break;
      case "eot":
        break;
      case "fault":
        countFault(this.#counters, piece.fault, piece.bytes);
        this.#tellFault(piece.fault);
        this.#exchange?.feed(piece.fault === "garbage" ? "noise" : "damaged");
        break;
      default:
        assertNever(piece);
    }
  }

  #message(data: Uint8Array): void {
    const { dialect } = this.#terms;
    const message = dialect.read(data);
    if (message === undefined) {
      this.#counters.unknownMessages++;
      this.#signal("ack");
      return;
    }
    if (message.progress !== undefined) {
      this.#signal("ack");
      this.#progress(message.progress);
      return;
    }
    const exchange = this.#exchange;
    if (
      exchange === undefined ||
      !isAnswerTo(exchange.command, message) ||
      this.#isRepeated(exchange.command, message, data)
    ) {
      this.#stray(message, data);
      return;
    }
    if (!exchange.answer(message)) this.#stray(message, data);
    else if (exchange.command.movesMoney) this.#lastResult = data;
  }

  /**
   * What looks like the last result to the last bit is the last one, if it is an approval or has a number of its own: those
   * go up with every sale. A refusal without a number may come twice.
   */
  #isRepeated({ movesMoney }: Command, message: EcrMessage, data: Uint8Array): boolean {
    if (!movesMoney || !isSame(this.#lastResult, data)) return false;
    const { dialect } = this.#terms;
    if (dialect.result(message)?.outcome === "approved") return true;
    return dialect.payment(message, this.#deps.tokenise)?.transaction.stan !== undefined;
  }

  /** What no running command waits for. Confirmed all the same: else the terminal goes on sending it. */
  #stray(message: EcrMessage, data: Uint8Array): void {
    this.#signal("ack");
    if (isSame(this.#lastResult, data)) {
      this.#counters.repeatedAnswers++;
      this.#tellFault("repeated");
      return;
    }
    const told = this.#terms.dialect.payment(message, this.#deps.tokenise);
    if (told === undefined) return;
    this.#counters.lateAnswers++;
    if (told.outcome !== "inDoubt") this.#deps.news({ type: "lateAnswer", answer: lastOf(told) });
  }

  #signal(kind: "ack" | "nak"): void {
    // A line that does not take it has ended, which is told by that.
    this.#line?.write(encodeSignal(this.#terms.profile.frame, kind)).catch(() => undefined);
  }

  #tellFault(fault: LineFault): void {
    if (this.#told.has(fault)) return;
    this.#told.add(fault);
    const news: DeviceNews = { type: "lineFault", fault };
    this.#deps.news(news);
  }
}

/** A terminal may say the same again and again; a till wants to know what is new. */
function changesOnly(tell: (news: PaymentProgress) => void): (news: PaymentProgress) => void {
  let last: PaymentProgress | undefined;
  return (news) => {
    const { step, code, text } = news;
    if (last !== undefined && step === last.step && code === last.code && text === last.text) return;
    last = news;
    tell(news);
  };
}

function isAnswerTo(command: Command, message: EcrMessage): boolean {
  if (!command.answeredBy.includes(message.name)) return false;
  return command.reference === undefined || message.reference === undefined || command.reference === message.reference;
}

function isSame(one: Uint8Array | undefined, other: Uint8Array): boolean {
  return one !== undefined && one.length === other.length && one.every((byte, i) => byte === other[i]);
}
