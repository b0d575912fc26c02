import { assertNever } from "../../domain/assert-never.ts";
import type { Clock } from "../../runtime/clock.ts";
import {
  type ExchangeEffect,
  type ExchangeEnding,
  type ExchangeInput,
  type ExchangeRules,
  type ExchangeState,
  NOT_BEGUN,
  step,
} from "./machine/exchange.ts";
import type { Command, EcrMessage } from "./profiles/dialect.ts";
import { Timer } from "./timer.ts";

/** What an exchange can do to the world. */
export interface ExchangeHands {
  /** Sends the command; rejects when the line does not take it. */
  readonly send: (command: Command) => Promise<void>;
  readonly confirm: () => void;
  readonly askAgain: () => void;
}

export interface ExchangeOutcome {
  readonly ending: ExchangeEnding;
  /** Whether the terminal may have carried the command out although it did not say so. */
  readonly doubt: boolean;
  readonly answer?: EcrMessage;
  /** ms from the terminal's ACK to the answer. */
  readonly answerMs?: number;
}

/** Plays {@link step} on a real line and a real clock. */
export class RunningExchange {
  readonly command: Command;
  readonly ended: Promise<ExchangeOutcome>;
  readonly #rules: ExchangeRules;
  readonly #hands: ExchangeHands;
  readonly #clock: Clock;
  readonly #timer: Timer;
  readonly #settle: (outcome: ExchangeOutcome) => void;
  #state: ExchangeState = NOT_BEGUN;
  #acceptedAt: number | undefined;

  constructor(command: Command, rules: ExchangeRules, hands: ExchangeHands, clock: Clock) {
    this.command = command;
    this.#rules = rules;
    this.#hands = hands;
    this.#clock = clock;
    this.#timer = new Timer(clock);
    const { promise, resolve } = Promise.withResolvers<ExchangeOutcome>();
    this.ended = promise;
    this.#settle = resolve;
  }

  feed(input: Exclude<ExchangeInput, "answer">): void {
    this.#advance(input);
  }

  /**
   * @param message  Answers this command by its name and its reference.
   * @returns false when it came too early to be its answer.
   */
  answer(message: EcrMessage): boolean {
    return this.#advance("answer", message);
  }

  #advance(input: ExchangeInput, message?: EcrMessage): boolean {
    const { state, effects } = step(this.#rules, this.#state, input);
    if (state.at === "accepted") this.#acceptedAt ??= this.#clock.monotonicMs();
    this.#state = state;
    for (const effect of effects) this.#do(effect, message);
    return !effects.some((effect) => effect.do === "stray");
  }

  #do(effect: ExchangeEffect, message: EcrMessage | undefined): void {
    switch (effect.do) {
      case "send":
        this.#hands.send(this.command).catch(() => this.feed("lost"));
        break;
      case "confirm":
        this.#hands.confirm();
        break;
      case "askAgain":
        this.#hands.askAgain();
        break;
      // Told to the caller, who has the message.
      case "stray":
        break;
      case "wait":
        this.#timer.start(effect.ms, () => this.feed("timer"));
        break;
      case "end":
        this.#timer.stop();
        this.#settle(this.#outcome(effect, message));
        break;
      default:
        assertNever(effect);
    }
  }

  #outcome({ ending, doubt }: Extract<ExchangeEffect, { do: "end" }>, answer: EcrMessage | undefined): ExchangeOutcome {
    if (answer === undefined) return { ending, doubt };
    if (this.#acceptedAt === undefined) return { ending, doubt, answer };
    return { ending, doubt, answer, answerMs: this.#clock.monotonicMs() - this.#acceptedAt };
  }
}
