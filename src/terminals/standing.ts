import { type Instant, instantOf } from "../domain/clock.ts";
import type { DeviceIdentity } from "../domain/device.ts";
import { type Seq, seq } from "../domain/record.ts";
import type { Reducer, ReducerInput } from "../domain/reducer.ts";
import type { TerminalRecord } from "../domain/terminal.ts";
import { CarriedSoFar, type CarriedSnapshot } from "./carried-so-far.ts";
import { type Pause, PAUSED_BY, type PausedBy, pausesAfterPause, pausesAfterResume } from "./pause.ts";
import type { LastRuns } from "./schedule/due.ts";
import { terminalRecordOf, textOf } from "./terminal-record.ts";

/** What of one terminal must outlive a restart. */
export interface TerminalStanding {
  readonly pauses: readonly Pause[];
  /** The one whom we sell on: told first, or confirmed by a person. */
  readonly identity?: DeviceIdentity;
  readonly replacedBy?: string;
  /** What was told once: `what:about` of a {@link MaintenanceDue}. */
  readonly toldDue: readonly string[];
  readonly last: LastRuns;
}

export const NO_STANDING: TerminalStanding = { pauses: [], toldDue: [], last: {} };

/** A hostile ledger cannot make it larger; the config allows as many terminals. */
const MAX_TERMINALS = 1_000;
const MAX_TOLD = 32;
/** Longer chains of replacements are a mistake in the ledger. */
const LONGEST_CHAIN = 100;

interface Snapshot {
  readonly upTo: Seq;
  readonly carried: CarriedSnapshot;
  readonly terminals: readonly (readonly [string, TerminalStanding])[];
}

/** Standing of every terminal, folded from its `terminal` records. */
export class Standings {
  upTo: Seq = seq(0);
  carried = new CarriedSoFar();
  #terminals = new Map<string, TerminalStanding>();

  of(terminal: string): TerminalStanding {
    return this.#terminals.get(terminal) ?? NO_STANDING;
  }

  /** Who does its work now: the last of the chain of replacements, itself when there is none. */
  successorOf(terminal: string): string {
    let current = terminal;
    for (let length = 0; length < LONGEST_CHAIN; length += 1) {
      const next = this.of(current).replacedBy;
      if (next === undefined) return current;
      current = next;
    }
    return terminal;
  }

  /** Those whose history belongs to this one. */
  predecessorsOf(terminal: string): readonly string[] {
    return [...this.#terminals.keys()].filter((one) => one !== terminal && this.successorOf(one) === terminal);
  }

  take(terminal: string, record: TerminalRecord, at: Instant): void {
    const before = this.of(terminal);
    const after = standingAfter(before, record, at);
    if (after === before) return;
    if (!this.#terminals.has(terminal) && this.#terminals.size >= MAX_TERMINALS) return;
    this.#terminals.set(terminal, after);
    // Whoever takes over is no longer replaced itself: a terminal that comes back from repair takes its place again.
    const by = record.event === "replaced" ? after.replacedBy : undefined;
    const successor = by === undefined ? undefined : this.#terminals.get(by);
    if (by !== undefined && successor?.replacedBy !== undefined) {
      const { replacedBy: _back, ...rest } = successor;
      this.#terminals.set(by, rest);
    }
  }

  pack(): string {
    const snapshot: Snapshot = {
      upTo: this.upTo,
      carried: this.carried.toJSON(),
      terminals: [...this.#terminals],
    };
    return JSON.stringify(snapshot);
  }

  /** The inverse of `pack`; `undefined` for what is no such text. */
  static unpack(text: string): Standings | undefined {
    const snapshot = parsed(text);
    if (snapshot === undefined) return undefined;
    const standings = new Standings();
    standings.upTo = snapshot.upTo;
    standings.carried = new CarriedSoFar(snapshot.carried);
    standings.#terminals = new Map(snapshot.terminals);
    return standings;
  }
}

export const standings: Reducer<Standings> = {
  name: "terminalStanding",
  version: 1,
  kinds: new Set(["terminal"]),
  begin: () => new Standings(),
  step,
  pack: (state) => state.pack(),
  unpack: (text) => Standings.unpack(text),
};

function step(state: Standings, input: ReducerInput): Standings {
  if (input.type === "tick" || input.seq <= state.upTo) return state;
  state.upTo = input.seq;
  if (!state.carried.isNews(input.carried) || input.terminal === undefined) return state;
  const record = terminalRecordOf(input);
  if (record !== undefined) state.take(input.terminal, record, input.moment.at);
  return state;
}

function standingAfter(before: TerminalStanding, record: TerminalRecord, at: Instant): TerminalStanding {
  switch (record.event) {
    case "paused": {
      const pause = pauseOf(record);
      return pause === undefined ? before : { ...before, pauses: pausesAfterPause(before.pauses, pause) };
    }
    case "resumed": {
      const by = pausedByOf(record);
      if (by === undefined) return before;
      const isEnd = record.detail?.["ended"] === true;
      const pauses = isEnd ? before.pauses.filter((one) => one.by !== by) : pausesAfterResume(before.pauses, by);
      return { ...before, pauses };
    }
    case "identified":
      return record.detail?.["accepted"] === true ? { ...before, identity: identityOf(record) } : before;
    case "replaced": {
      const by = textOf(record, "by");
      return by === undefined ? before : { ...before, replacedBy: by };
    }
    case "maintenanceDue": {
      const key = `${textOf(record, "what") ?? ""}:${textOf(record, "about") ?? ""}`;
      return { ...before, toldDue: [...before.toldDue.filter((one) => one !== key), key].slice(-MAX_TOLD) };
    }
    case "settled":
      return { ...before, last: { ...before.last, settle: at } };
    case "diagnosed":
      return { ...before, last: { ...before.last, diagnose: at } };
    case "selftested":
      return { ...before, last: { ...before.last, status: at } };
    default:
      return before;
  }
}

function pausedByOf(record: TerminalRecord): PausedBy | undefined {
  const by = textOf(record, "by");
  return PAUSED_BY.find((known) => known === by);
}

function pauseOf(record: TerminalRecord): Pause | undefined {
  const by = pausedByOf(record);
  if (by === undefined) return undefined;
  const until = instantOf(textOf(record, "until") ?? "");
  return {
    by,
    who: textOf(record, "who") ?? "",
    reason: textOf(record, "reason") ?? "",
    ...(until === undefined ? {} : { until }),
  };
}

function identityOf(record: TerminalRecord): DeviceIdentity {
  const told = (["serial", "terminalNumber", "model", "firmware"] as const).flatMap((name) => {
    const value = textOf(record, name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(told);
}

function parsed(text: string): Snapshot | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isSnapshot(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Only the outer shape is checked: the text comes from our own store, whose pages carry their own checks. */
function isSnapshot(value: unknown): value is Snapshot {
  if (typeof value !== "object" || value === null) return false;
  if (!("upTo" in value) || typeof value.upTo !== "number") return false;
  return "carried" in value && Array.isArray(value.carried) && "terminals" in value && Array.isArray(value.terminals);
}
