import { assertNever } from "../../../domain/assert-never.ts";
import type { SuspectState } from "../../../domain/hunt.ts";
import { type Counters, rises } from "../counters.ts";

/** What a channel said at one moment. */
export type HuntReading =
  | {
      readonly kind: "counts";
      /** Whose counters they are: others than before begin anew. */
      readonly of: string;
      /** `errors`, `trials` and, where it is known, `load`: the channel's own traffic, repeats left out. Cumulative. */
      readonly counters: Counters;
    }
  | { readonly kind: "level"; readonly value: number };

export type HuntInput =
  /** Without a reading the look told nothing. `at`: ms, monotonic. */
  | { readonly type: "look"; readonly at: number; readonly reading?: HuntReading }
  | { readonly type: "changed"; readonly at: number; readonly what: string; readonly state: SuspectState };

/** One second that counts. */
export interface Second {
  readonly at: number;
  readonly errors?: number;
  readonly trials?: number;
  readonly load?: number;
  readonly level?: number;
}

export interface Stretch {
  readonly from: number;
  readonly what?: string;
  readonly state?: SuspectState;
  readonly seconds: readonly Second[];
  readonly gaps: number;
}

export interface HuntState {
  readonly beganAt: number;
  readonly last?: { readonly at: number; readonly reading: HuntReading };
  /** Of the newest input. */
  readonly at: number;
  /** At least one; all but the first begin with a mark. */
  readonly stretches: readonly [Stretch, ...Stretch[]];
}

/** Counters that were not read for longer than this tell nothing of any one second. ms. */
const LONGEST_STEP_MS = 2_500;
/** After a switch was thrown, motors run down and people walk back: these seconds belong to neither side. ms. */
const SETTLE_MS = 3_000;

export function newHunt(at: number): HuntState {
  return { beganAt: at, at, stretches: [{ from: at, seconds: [], gaps: 0 }] };
}

/** With one more look or mark. Knows no clock; what comes out of its order is left out. */
export function hunted(state: HuntState, input: HuntInput): HuntState {
  if (input.at < state.at) return state;
  switch (input.type) {
    case "changed": {
      const { at, what, state: switchedTo } = input;
      const stretch = { from: at, what, state: switchedTo, seconds: [], gaps: 0 };
      return { ...state, at, stretches: [...state.stretches, stretch] };
    }
    case "look":
      return looked(state, input);
    default:
      return assertNever(input);
  }
}

function looked(state: HuntState, { at, reading }: Extract<HuntInput, { type: "look" }>): HuntState {
  const { last, stretches } = state;
  const { last: _last, ...rest } = state;
  const current = stretches.at(-1) ?? stretches[0];
  const second = reading === undefined ? "gap" : secondOf(last, reading, at);
  const starts = reading?.kind === "counts" && last === undefined;
  // What was counted since before the end of the pause belongs to the pause.
  const since = reading?.kind === "counts" ? (last?.at ?? at) : at;
  const settles = current.what !== undefined && since < current.from + SETTLE_MS;
  const next = starts || settles ? current : withSecond(current, second);
  return {
    ...rest,
    at,
    stretches: replaceLast(stretches, next),
    ...(reading === undefined ? {} : { last: { at, reading } }),
  };
}

function withSecond(stretch: Stretch, second: Second | "gap"): Stretch {
  return second === "gap"
    ? { ...stretch, gaps: stretch.gaps + 1 }
    : { ...stretch, seconds: [...stretch.seconds, second] };
}

function secondOf(last: HuntState["last"], reading: HuntReading, at: number): Second | "gap" {
  if (reading.kind === "level") return { at, level: reading.value };
  if (last?.reading.kind !== "counts" || last.reading.of !== reading.of || at - last.at > LONGEST_STEP_MS) return "gap";
  const step = rises(last.reading.counters, reading.counters);
  if (step === "restarted") return "gap";
  const { errors, trials, load } = step;
  if (errors === undefined || trials === undefined) return "gap";
  return { at, errors, trials: Math.max(trials, errors), ...(load === undefined ? {} : { load }) };
}

function replaceLast([first, ...more]: HuntState["stretches"], next: Stretch): HuntState["stretches"] {
  return more.length === 0 ? [next] : [first, ...more.slice(0, -1), next];
}
