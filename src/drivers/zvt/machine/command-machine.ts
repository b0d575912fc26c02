import { assertNever } from "../../../domain/assert-never.ts";
import { abortCommand } from "../codec/commands.ts";
import { negative, NOT_SUPPORTED, positive } from "../codec/answers.ts";
import type { Message } from "../codec/messages.ts";
import type { StatusInformation } from "../codec/status-information.ts";

// One command from sending to its end (PA00P015, chapter 1):
//
//   idle ─start─▶ sent ──80 00──▶ running ──06 0F / 06 1E──▶ idle
//                  │ 84 xx ▶ idle    │ 04 FF, 04 0F, 06 D1, 06 D3, 04 01 …: each answered, each restarts T4
//                  │ T3    ▶ idle    │ T4 ▶ idle
//                  └ 84 9C ▶ waiting ─2 s─▶ sent   (only what may be sent again)

/** What the machine must know of a command to see it through. */
export interface CommandPlan {
  readonly apdu: Uint8Array;
  /** It may be sent a second time: never so for anything that moves money. */
  readonly repeatable: boolean;
  /** The terminal is master until a completion; without it the 80 00 is the end. */
  readonly completes: boolean;
}

export interface Timings {
  /** ms from a command to its 80 00 or 84 xx; on a serial line from the command's ACK. */
  readonly t3Ms: number;
  /** ms that the ACK itself may take, repetitions included; 0 where there is none. */
  readonly ackMs: number;
  /** ms without a message while the terminal is master. */
  readonly t4Ms: number;
}

/** How a command ended. */
export type CommandEnd =
  | { readonly type: "completed"; readonly message: Message }
  | { readonly type: "aborted"; readonly code: number; readonly message: Message }
  | { readonly type: "refused"; readonly code: number }
  /** 80 00 to a command that has no completion. */
  | { readonly type: "taken" }
  /** T3 or T4 ran out. */
  | { readonly type: "silent"; readonly timer: "T3" | "T4" };

type AbortState = "none" | "wanted" | "asked" | "answered";

/** What holds from one command to the next. */
interface Owing {
  /** An abort was not answered before its command ended: the next answer may be the one to it. */
  readonly owed: boolean;
}

/** 06 1E before any 80 00: a locked terminal answers so, and so does one whose earlier command ends only now. */
type EarlyAbort = Extract<Message, { type: "abort" }>;

export type CommandState =
  | ({ readonly at: "idle" } & Owing)
  | ({
      readonly at: "sent" | "waiting";
      readonly plan: CommandPlan;
      readonly repeats: number;
      readonly abort: AbortState;
      readonly early?: EarlyAbort;
    } & Owing)
  | ({ readonly at: "running"; readonly t4Ms: number; readonly abort: AbortState; readonly messages: number } & Owing);

export type CommandInput =
  | { readonly type: "start"; readonly plan: CommandPlan }
  | { readonly type: "message"; readonly message: Message }
  /** The command's own ACK came. */
  | { readonly type: "acknowledged" }
  /** Somebody calls the order back. */
  | { readonly type: "abort" }
  | { readonly type: "timer"; readonly timer: CommandTimer };

export type CommandTimer = "T3" | "T4" | "again";

export type CommandEffect =
  | { readonly do: "send"; readonly apdu: Uint8Array; readonly repeatable: boolean }
  | { readonly do: "setTimer"; readonly timer: CommandTimer; readonly ms: number }
  | { readonly do: "clearTimers" }
  /** Hands a message of the running command on. */
  | { readonly do: "tell"; readonly message: Message }
  /** A result that no running command waits for. */
  | { readonly do: "late"; readonly status: StatusInformation }
  | { readonly do: "end"; readonly end: CommandEnd }
  | { readonly do: "count"; readonly what: "strayMessages" | "refusedRequests" | "repeatedCommands" };

export interface CommandStep {
  readonly state: CommandState;
  readonly effects: readonly CommandEffect[];
}

export const IDLE: CommandState = { at: "idle", owed: false };

/** 84 9C: please wait, and repeat. Reference zvt.md, 3.4. ms. */
const AGAIN_MS = 2000;
const MOST_REPEATS = 3;
const PLEASE_WAIT = 0x9c;

/** A day's journal has some hundreds of printed lines. A terminal that says more without an end will not come to one. */
const MOST_MESSAGES = 5000;

const MINUTE_MS = 60_000;

/** Pure: no clock, no link. Inputs that make no sense in a state change nothing. */
export function stepCommand(state: CommandState, input: CommandInput, timings: Timings): CommandStep {
  switch (input.type) {
    case "start":
      return state.at === "idle"
        ? send({ ...input, repeats: 0, abort: "none", owed: state.owed }, timings)
        : { state, effects: [] };
    case "acknowledged": {
      const effects: CommandEffect[] = [{ do: "setTimer", timer: "T3", ms: timings.t3Ms }];
      return { state, effects: state.at === "sent" ? effects : [] };
    }
    case "abort":
      return onAbort(state);
    case "timer":
      return onTimer(state, input.timer, timings);
    case "message":
      return onMessage(state, input.message, timings);
    default:
      return assertNever(input);
  }
}

type Sending = Pick<Extract<CommandState, { plan: CommandPlan }>, "plan" | "repeats" | "abort" | "owed">;

function send({ plan, repeats, abort, owed }: Sending, { t3Ms, ackMs }: Timings): CommandStep {
  return {
    state: { at: "sent", plan, repeats, abort, owed },
    effects: [
      { do: "send", apdu: plan.apdu, repeatable: plan.repeatable },
      { do: "setTimer", timer: "T3", ms: t3Ms + ackMs },
    ],
  };
}

/** Out of turn the ECR may send the abort alone, and only while the terminal is master. */
function onAbort(state: CommandState): CommandStep {
  if (state.at === "idle" || state.abort !== "none") return { state, effects: [] };
  if (state.at !== "running") return { state: { ...state, abort: "wanted" }, effects: [] };
  return { state: { ...state, abort: "asked" }, effects: [askForAbort()] };
}

function askForAbort(): CommandEffect {
  return { do: "send", apdu: abortCommand(), repeatable: true };
}

function onTimer(state: CommandState, timer: CommandTimer, timings: Timings): CommandStep {
  if (timer === "T3" && state.at === "sent") {
    const { early } = state;
    return end(early === undefined ? { type: "silent", timer } : { type: "aborted", code: early.code, message: early });
  }
  if (timer === "T4" && state.at === "running") return end({ type: "silent", timer });
  if (timer !== "again" || state.at !== "waiting") return { state, effects: [] };
  if (state.abort === "wanted") return end({ type: "refused", code: PLEASE_WAIT });
  const step = send({ ...state, repeats: state.repeats + 1 }, timings);
  return { ...step, effects: [...step.effects, { do: "count", what: "repeatedCommands" }] };
}

function end(how: CommandEnd, owed = false, ...before: readonly CommandEffect[]): CommandStep {
  return { state: { at: "idle", owed }, effects: [...before, { do: "clearTimers" }, { do: "end", end: how }] };
}

function onMessage(state: CommandState, message: Message, timings: Timings): CommandStep {
  switch (message.type) {
    case "positive":
    case "negative":
      return onAnswer(state, message, timings);
    case "completion":
      if (state.at !== "running") return stray(state);
      return end({ type: "completed", message }, state.abort === "asked", ANSWER);
    case "abort":
      if (state.at === "sent") return stray({ ...state, early: message });
      if (state.at !== "running") return stray(state);
      return end({ type: "aborted", code: message.code, message }, state.abort === "asked", ANSWER);
    case "status":
      return state.at === "running" ? goOn(state, message, ANSWER) : late(state, message.status);
    case "intermediate":
    case "printLine":
    case "printBlock":
    case "setDateTime":
      return state.at === "running" ? goOn(state, message, ANSWER) : stray(state);
    case "blockedListQuery":
      // We keep no list: no card stands in it.
      return state.at === "running" ? goOn(state, message, ANSWER) : stray(state);
    case "dialUp":
    case "unknown": {
      const effects = [REFUSAL, REFUSAL_COUNTED];
      return state.at === "running" ? goOn(state, message, ...effects) : { state, effects };
    }
    default:
      return assertNever(message);
  }
}

const ANSWER: CommandEffect = { do: "send", apdu: positive(), repeatable: true };
const REFUSAL: CommandEffect = { do: "send", apdu: negative(NOT_SUPPORTED), repeatable: true };
const REFUSAL_COUNTED: CommandEffect = { do: "count", what: "refusedRequests" };

/** Of an earlier command, or of nobody: answered, so that the terminal goes back to its basic state, and never believed. */
function stray(state: CommandState): CommandStep {
  return { state, effects: [ANSWER, { do: "count", what: "strayMessages" }] };
}

/** It may be that of an order which was given up as in doubt. */
function late(state: CommandState, status: StatusInformation): CommandStep {
  const step = stray(state);
  return { state, effects: [...step.effects, { do: "late", status }] };
}

function goOn(
  state: Extract<CommandState, { at: "running" }>,
  message: Message,
  ...effects: readonly CommandEffect[]
): CommandStep {
  const messages = state.messages + 1;
  if (messages > MOST_MESSAGES) return end({ type: "silent", timer: "T4" });
  const told = message.type === "intermediate" ? (message.minutes ?? 0) * MINUTE_MS : 0;
  const t4Ms = told > 0 ? told : state.t4Ms;
  return {
    // It goes on, so the answer that was taken for this command's was this command's.
    state: { ...state, t4Ms, messages, owed: false },
    effects: [...effects, { do: "setTimer", timer: "T4", ms: t4Ms }, { do: "tell", message }],
  };
}

type Answer = Extract<Message, { type: "positive" | "negative" }>;

function onAnswer(state: CommandState, message: Answer, timings: Timings): CommandStep {
  if (state.at === "running") return onSecondAnswer(state, message);
  if (state.at !== "sent") return strayAnswer(state);
  const { plan, repeats, abort, owed } = state;
  if (message.type === "positive" || message.code === 0) {
    if (!plan.completes) return end({ type: "taken" }, owed);
    const asks = abort === "wanted";
    return {
      state: { at: "running", t4Ms: timings.t4Ms, abort: asks ? "asked" : abort, messages: 0, owed },
      effects: [
        { do: "clearTimers" },
        { do: "setTimer", timer: "T4", ms: timings.t4Ms },
        { do: "tell", message },
        ...(asks ? [askForAbort()] : []),
      ],
    };
  }
  // A no to the abort before is no word on this command: taken for one, an order would count as refused that goes on.
  if (owed) return strayAnswer(state);
  if (message.code !== PLEASE_WAIT || !plan.repeatable || repeats >= MOST_REPEATS || abort === "wanted") {
    return end({ type: "refused", code: message.code });
  }
  return {
    state: { ...state, at: "waiting" },
    effects: [{ do: "clearTimers" }, { do: "setTimer", timer: "again", ms: AGAIN_MS }],
  };
}

/** Beside the command's own 80 00: that to an abort, of this command or of the one before. */
function onSecondAnswer(state: Extract<CommandState, { at: "running" }>, message: Answer): CommandStep {
  if (state.owed) {
    // The first one was the abort's, so this is the command's.
    const isNo = message.type === "negative" && message.code !== 0;
    if (isNo) return end({ type: "refused", code: message.code }, state.abort === "asked");
    return { state: { ...state, owed: false }, effects: [] };
  }
  return state.abort === "asked" ? { state: { ...state, abort: "answered" }, effects: [] } : strayAnswer(state);
}

function strayAnswer(state: CommandState): CommandStep {
  return { state: { ...state, owed: false }, effects: [{ do: "count", what: "strayMessages" }] };
}
