import { assertNever } from "../../../domain/assert-never.ts";

// One command from the first byte to its end. No clock, no line: what is to be done is told, what happened is fed.
//
//   idle ─begin─▶ sent ──ack──▶ accepted ──answer──▶ over
//                 │  ▲             │  damaged: NAK, a few times
//              nak│  │timer        └─timer─▶ over: silent
//                 ▼  │
//                pausing           timer in `sent`: a question is sent again, an order never

export interface ExchangeRules {
  /** Whether doing it twice is worse than not knowing whether it was done. */
  readonly movesMoney: boolean;
  /** False: the ACK is all that comes. */
  readonly isAnswered: boolean;
  /** How often a command that was refused by NAK is sent again; a question also when nothing came. */
  readonly repeats: number;
  /** ms until ACK or NAK. */
  readonly ackMs: number;
  /** ms between a NAK and the repetition: a NAK that came twice must not send it twice. */
  readonly pauseMs: number;
  /** ms from the ACK to the answer, whatever comes between. */
  readonly answerMs: number;
}

export type ExchangeState =
  | { readonly at: "idle" }
  /** `noisy`: bytes came that were no protocol; a NAK among them is none. */
  | { readonly at: "sent" | "pausing"; readonly sends: number; readonly noisy: boolean }
  | { readonly at: "accepted"; readonly askedAgain: number }
  | { readonly at: "over" };

export type ExchangeInput =
  | "begin"
  | "ack"
  | "nak"
  /** The message that answers this command. */
  | "answer"
  /** A message came, and not whole. */
  | "damaged"
  | "noise"
  | "timer"
  | "lost";

export type ExchangeEnding =
  /** The terminal took the command. */
  | "confirmed"
  | "answered"
  /** It refused to take it, every time. */
  | "notAccepted"
  | "silent"
  | "lost";

export type ExchangeEffect =
  | { readonly do: "send" }
  /** Tell the terminal that its message has come. */
  | { readonly do: "confirm" }
  | { readonly do: "askAgain" }
  /** Replaces the timer that runs. */
  | { readonly do: "wait"; readonly ms: number }
  /** The answer belongs to an earlier command: confirm it, report it. */
  | { readonly do: "stray" }
  /** `doubt`: the terminal may have carried the command out. */
  | { readonly do: "end"; readonly ending: ExchangeEnding; readonly doubt: boolean };

export interface ExchangeStep {
  readonly state: ExchangeState;
  readonly effects: readonly ExchangeEffect[];
}

export const NOT_BEGUN: ExchangeState = { at: "idle" };

export function step(rules: ExchangeRules, state: ExchangeState, input: ExchangeInput): ExchangeStep {
  switch (state.at) {
    case "idle":
      if (input === "lost") return over("lost", false);
      return input === "begin" ? send(rules, 1) : stay(state);
    case "sent":
      return sent(rules, state, input);
    case "pausing":
      return pausing(rules, state, input);
    case "accepted":
      return accepted(rules, state, input);
    case "over":
      return stay(state);
    default:
      return assertNever(state);
  }
}

type Sent = Extract<ExchangeState, { at: "sent" | "pausing" }>;

function sent(rules: ExchangeRules, state: Sent, input: ExchangeInput): ExchangeStep {
  switch (input) {
    case "ack":
      return accept(rules);
    case "nak":
      if (rules.movesMoney && state.noisy) return over("silent", true);
      if (state.sends > rules.repeats) return over("notAccepted", false);
      return { state: { ...state, at: "pausing" }, effects: [{ do: "wait", ms: rules.pauseMs }] };
    case "answer":
      // What comes before the order was taken is the answer to an earlier one.
      if (rules.movesMoney) return { state, effects: [{ do: "stray" }] };
      return answered();
    case "damaged":
    case "noise":
      return stay({ ...state, noisy: true });
    case "timer":
      if (rules.movesMoney || state.sends > rules.repeats) return over("silent", rules.movesMoney);
      return send(rules, state.sends + 1);
    case "lost":
      return over("lost", rules.movesMoney);
    case "begin":
      return stay(state);
    default:
      return assertNever(input);
  }
}

function pausing(rules: ExchangeRules, state: Sent, input: ExchangeInput): ExchangeStep {
  switch (input) {
    // The NAK was for something else: the command is taken, and must not be sent again.
    case "ack":
      return accept(rules);
    case "answer":
      return { state, effects: [{ do: "stray" }] };
    case "damaged":
    case "noise":
      return stay({ ...state, noisy: true });
    case "timer":
      return rules.movesMoney && state.noisy ? over("silent", true) : send(rules, state.sends + 1);
    case "lost":
      return over("lost", rules.movesMoney && state.noisy);
    case "begin":
    case "nak":
      return stay(state);
    default:
      return assertNever(input);
  }
}

function accepted(
  rules: ExchangeRules,
  state: Extract<ExchangeState, { at: "accepted" }>,
  input: ExchangeInput,
): ExchangeStep {
  switch (input) {
    case "answer":
      return answered();
    case "damaged":
      if (state.askedAgain >= rules.repeats) return stay(state);
      return { state: { at: "accepted", askedAgain: state.askedAgain + 1 }, effects: [{ do: "askAgain" }] };
    case "timer":
      return over("silent", rules.movesMoney);
    case "lost":
      return over("lost", rules.movesMoney);
    case "begin":
    case "ack":
    case "nak":
    case "noise":
      return stay(state);
    default:
      return assertNever(input);
  }
}

function send(rules: ExchangeRules, sends: number): ExchangeStep {
  return { state: { at: "sent", sends, noisy: false }, effects: [{ do: "send" }, { do: "wait", ms: rules.ackMs }] };
}

function accept(rules: ExchangeRules): ExchangeStep {
  if (!rules.isAnswered) return over("confirmed", false);
  return { state: { at: "accepted", askedAgain: 0 }, effects: [{ do: "wait", ms: rules.answerMs }] };
}

function answered(): ExchangeStep {
  return { state: { at: "over" }, effects: [{ do: "confirm" }, { do: "end", ending: "answered", doubt: false }] };
}

function over(ending: ExchangeEnding, doubt: boolean): ExchangeStep {
  return { state: { at: "over" }, effects: [{ do: "end", ending, doubt }] };
}

function stay(state: ExchangeState): ExchangeStep {
  return { state, effects: [] };
}
