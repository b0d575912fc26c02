import { assertNever } from "../../domain/assert-never.ts";
import { DeviceError } from "../../domain/device.ts";
import type { LinkPlace } from "../transport/byte-link.ts";
import type { Message } from "./codec/messages.ts";
import { type HostCodes, resultMeaning } from "./codec/results.ts";
import type { StatusInformation } from "./codec/status-information.ts";
import { type LineContext, ZvtLine } from "./line.ts";
import {
  type CommandEffect,
  type CommandEnd,
  type CommandInput,
  type CommandPlan,
  type CommandTimer,
  IDLE,
  stepCommand,
  type Timings,
} from "./machine/command-machine.ts";
import { isOnlyChecked, transactionOf } from "./machine/outcome.ts";
import { Timers } from "./timers.ts";

/** How a command ended, or the link before it did. `sent`: something of it may have reached the terminal. */
export type Ended = CommandEnd | { readonly type: "lost"; readonly error: DeviceError; readonly sent: boolean };

export interface Listening {
  /** Each message from the terminal's 80 00 on, before the completion. */
  readonly told?: (message: Message) => void;
  /** When it fires, the terminal is asked to give up. What then happened is in the end. */
  readonly cancel?: AbortSignal;
}

export interface ConversationContext extends Omit<LineContext, "onMessage" | "onAcknowledged"> {
  readonly hostCodes: HostCodes;
}

/** So many messages that belong to no command end a session: the terminal talks to itself. */
const MOST_STRAYS = 200;

/** One command at a time over one line. */
export class Conversation implements AsyncDisposable {
  readonly #context: ConversationContext;
  readonly #timings: Timings;
  readonly #timers: Timers<CommandTimer>;
  #line: ZvtLine | undefined;
  #state = IDLE;
  /** Of the running command. */
  #apdu: Uint8Array | undefined;
  #strays = 0;
  #told: (message: Message) => void = () => undefined;
  #settle: ((end: Ended) => void) | undefined;

  private constructor(timings: Timings, context: ConversationContext) {
    this.#timings = timings;
    this.#context = context;
    this.#timers = new Timers(context.deps.clock, (timer) => this.#step({ type: "timer", timer }));
  }

  /** @throws DeviceError when the place cannot be opened. */
  static async open(
    place: LinkPlace,
    timings: Timings,
    context: ConversationContext,
    signal: AbortSignal,
  ): Promise<{ readonly conversation: Conversation; readonly ended: Promise<DeviceError> }> {
    const conversation = new Conversation(timings, context);
    const onMessage = (message: Message): void => conversation.#step({ type: "message", message });
    const onAcknowledged = (apdu: Uint8Array): void => conversation.#acknowledge(apdu);
    const line = await ZvtLine.open(place, { ...context, onMessage, onAcknowledged }, signal);
    conversation.#line = line;
    void line.ended.then((error) => conversation.#lose(error));
    return { conversation, ended: line.ended };
  }

  get busy(): boolean {
    return this.#settle !== undefined;
  }

  /**
   * Sends a command and sees it through. A command that is not answered in time ends the line: what came late could be
   * taken for the answer to the next one.
   */
  async run(plan: CommandPlan, { told, cancel }: Listening = {}): Promise<Ended> {
    const line = this.#line;
    if (line === undefined || this.busy) {
      return { type: "lost", error: new DeviceError("closed", "another command is running"), sent: false };
    }
    if (line.endedBy !== undefined) return { type: "lost", error: line.endedBy, sent: false };
    const { promise, resolve } = Promise.withResolvers<Ended>();
    const abort = (): void => this.#step({ type: "abort" });
    this.#settle = resolve;
    this.#told = told ?? (() => undefined);
    this.#apdu = plan.apdu;
    this.#step({ type: "start", plan });
    if (cancel?.aborted === true) abort();
    cancel?.addEventListener("abort", abort);
    try {
      const end = await promise;
      if (end.type !== "silent" && end.type !== "lost") return end;
      const error = end.type === "silent" ? silent(end.timer) : end.error;
      line.end(error);
      return line.hasWritten(plan.apdu) ? end : { type: "lost", error, sent: false };
    } finally {
      cancel?.removeEventListener("abort", abort);
      this.#settle = undefined;
      this.#told = () => undefined;
    }
  }

  /** Gives up at once: the line ends. */
  end(error: DeviceError): void {
    this.#line?.end(error);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#timers.clearAll();
    await this.#line?.[Symbol.asyncDispose]();
  }

  #acknowledge(apdu: Uint8Array): void {
    if (apdu === this.#apdu) this.#step({ type: "acknowledged" });
  }

  #lose(error: DeviceError): void {
    this.#timers.clearAll();
    this.#settle?.({ type: "lost", error, sent: true });
  }

  #step(input: CommandInput): void {
    const { state, effects } = stepCommand(this.#state, input, this.#timings);
    this.#state = state;
    for (const effect of effects) this.#do(effect);
  }

  #do(effect: CommandEffect): void {
    switch (effect.do) {
      case "send":
        return this.#line?.send(effect.apdu, effect.repeatable);
      case "setTimer":
        return this.#timers.set(effect.timer, effect.ms);
      case "clearTimers":
        return this.#timers.clearAll();
      case "tell":
        return this.#told(effect.message);
      case "late":
        return this.#tellLate(effect.status);
      case "end":
        return this.#settle?.(effect.end);
      case "count":
        return this.#count(effect.what);
      default:
        return assertNever(effect);
    }
  }

  #tellLate(status: StatusInformation): void {
    const { deps, hostCodes } = this.#context;
    if (status.result === undefined || isOnlyChecked(status)) return;
    const { outcome } = resultMeaning(status.result, hostCodes);
    deps.news({ type: "lateAnswer", answer: { outcome, transaction: transactionOf(status, hostCodes) } });
  }

  #count(what: Extract<CommandEffect, { do: "count" }>["what"]): void {
    this.#context.counters[what]++;
    if (what === "strayMessages" && ++this.#strays > MOST_STRAYS) {
      this.end(new DeviceError("garbage", "the terminal sends messages that belong to no command"));
    }
  }
}

function silent(timer: "T3" | "T4"): DeviceError {
  const what = timer === "T3" ? "does not answer a command" : "does not come to an end of a command";
  return new DeviceError("silent", `the terminal ${what} in time (${timer})`, { timer });
}
