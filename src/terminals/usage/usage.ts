import type { Moment } from "../../domain/clock.ts";
import { type Seq, seq } from "../../domain/record.ts";
import type { RecordInput, Reducer, ReducerInput } from "../../domain/reducer.ts";
import { transactionRecordOf } from "../../domain/transaction-history.ts";
import type { TransactionRecord } from "../../domain/transaction.ts";
import { CarriedSoFar, type CarriedSnapshot } from "../carried-so-far.ts";
import { terminalRecordOf, textOf } from "../terminal-record.ts";
import { BusyTime, type BusySlots } from "./busy-time.ts";
import { type Bucket, bucketOf, moved, NO_TALLY, type Tally, timed } from "./tallies.ts";

/** People who sell in one shop; names beyond it share one. */
const MAX_OPERATORS = 200;
const MAX_TERMINALS = 1_000;
const OTHERS = "others";
/** Transactions of one terminal whose end may still change; those in doubt are kept longest. */
const KEPT_PER_TERMINAL = 200;
/** One that took longer was not in use all that time. ms. */
const LONGEST_MS = 900_000;

interface Kept {
  readonly bucket: Bucket;
  readonly operator?: string;
  /** Of its request, while its end was not seen. */
  readonly since?: Moment;
}

interface OfTerminal {
  tally: Tally;
  readonly busy: BusyTime;
  readonly kept: Map<string, Kept>;
  /** Times that it could not be reached any more, and steps that were taken to mend it. */
  outages: number;
  recoveries: number;
}

interface TerminalSnapshot {
  readonly tally: Tally;
  readonly busy: BusySlots;
  readonly kept: readonly (readonly [string, Kept])[];
  readonly outages: number;
  readonly recoveries: number;
}

interface Snapshot {
  readonly upTo: Seq;
  readonly carried: CarriedSnapshot;
  readonly terminals: readonly (readonly [string, TerminalSnapshot])[];
  readonly operators: readonly (readonly [string, Tally])[];
}

/** What people are shown of one terminal's work. */
export interface TerminalUsage {
  readonly tally: Tally;
  readonly outages: number;
  readonly recoveries: number;
  /** 0..1. */
  readonly lastHour: number;
  readonly lastDay: number;
}

/** How much terminals are used, and how it goes, for each terminal and each operator; folded from the ledger. */
export class Usage {
  upTo: Seq = seq(0);
  carried = new CarriedSoFar();
  #terminals = new Map<string, OfTerminal>();
  #operators = new Map<string, Tally>();

  /** @param nowMs  Wall time. */
  of(terminal: string, nowMs: number): TerminalUsage | undefined {
    const known = this.#terminals.get(terminal);
    if (known === undefined) return undefined;
    const { tally, outages, recoveries, busy } = known;
    return { tally, outages, recoveries, ...busy.shares(nowMs) };
  }

  get operators(): ReadonlyMap<string, Tally> {
    return this.#operators;
  }

  take({ event, transaction }: TransactionRecord, moment: Moment): void {
    const bucket = bucketOf(transaction.outcome);
    if (bucket === undefined) return;
    const known = this.#terminal(transaction.terminal);
    const before = known.kept.get(transaction.id);
    // News of one that was forgotten, or began before this ledger: it was counted then, or never will be.
    if (before === undefined && event !== "requested") return;
    const operator = before?.operator ?? this.#operatorName(transaction.payment?.cashier ?? transaction.operator);
    const tookMs = event === "requested" ? undefined : elapsedMs(before?.since, moment);
    const change = (tally: Tally): Tally => {
      const counted = moved(tally, before?.bucket, bucket);
      return tookMs === undefined ? counted : timed(counted, tookMs);
    };
    known.tally = change(known.tally);
    if (operator !== undefined) this.#operators.set(operator, change(this.#operators.get(operator) ?? NO_TALLY));
    if (tookMs !== undefined && before?.since !== undefined) known.busy.add(before.since.at, tookMs);
    const since = event === "requested" ? moment : undefined;
    known.kept.delete(transaction.id);
    known.kept.set(transaction.id, {
      bucket,
      ...(operator === undefined ? {} : { operator }),
      ...(since === undefined ? {} : { since }),
    });
    if (known.kept.size > KEPT_PER_TERMINAL) forgetOne(known.kept);
  }

  outage(terminal: string): void {
    this.#terminal(terminal).outages += 1;
  }

  recovery(terminal: string): void {
    this.#terminal(terminal).recoveries += 1;
  }

  pack(): string {
    const snapshot: Snapshot = {
      upTo: this.upTo,
      carried: this.carried.toJSON(),
      terminals: [...this.#terminals].map(([name, one]) => [
        name,
        { ...one, busy: one.busy.toJSON(), kept: [...one.kept] },
      ]),
      operators: [...this.#operators],
    };
    return JSON.stringify(snapshot);
  }

  /** The inverse of `pack`; `undefined` for what is no such text. */
  static unpack(text: string): Usage | undefined {
    const snapshot = parsed(text);
    if (snapshot === undefined) return undefined;
    const usage = new Usage();
    usage.upTo = snapshot.upTo;
    usage.carried = new CarriedSoFar(snapshot.carried);
    usage.#operators = new Map(snapshot.operators);
    usage.#terminals = new Map(
      snapshot.terminals.map(([name, one]) => [
        name,
        { ...one, busy: new BusyTime(one.busy), kept: new Map(one.kept) },
      ]),
    );
    return usage;
  }

  #operatorName(name: string | undefined): string | undefined {
    if (name === undefined || name === "") return undefined;
    return this.#operators.has(name) || this.#operators.size < MAX_OPERATORS - 1 ? name : OTHERS;
  }

  #terminal(name: string): OfTerminal {
    const key = this.#terminals.has(name) || this.#terminals.size < MAX_TERMINALS - 1 ? name : OTHERS;
    let known = this.#terminals.get(key);
    if (known === undefined) {
      known = { tally: NO_TALLY, busy: new BusyTime(), kept: new Map(), outages: 0, recoveries: 0 };
      this.#terminals.set(key, known);
    }
    return known;
  }
}

export const usage: Reducer<Usage> = {
  name: "terminalUsage",
  version: 1,
  kinds: new Set(["transaction", "terminal"]),
  begin: () => new Usage(),
  step,
  pack: (state) => state.pack(),
  unpack: (text) => Usage.unpack(text),
};

function step(state: Usage, input: ReducerInput): Usage {
  if (input.type === "tick" || input.seq <= state.upTo) return state;
  state.upTo = input.seq;
  if (state.carried.isNews(input.carried)) takeRecord(state, input);
  return state;
}

function takeRecord(state: Usage, input: RecordInput): void {
  const told = transactionRecordOf(input);
  if (told !== undefined) state.take(told, input.moment);
  const record = terminalRecordOf(input);
  if (record === undefined || input.terminal === undefined) return;
  if (record.event === "stateChanged" && textOf(record, "to") === "offline") state.outage(input.terminal);
  if (record.event === "recoveryTried") state.recovery(input.terminal);
}

/** By the monotonic clock; `undefined` when the daemon's machine was started anew in between. */
function elapsedMs(since: Moment | undefined, until: Moment): number | undefined {
  if (since === undefined || since.clock.bootId !== until.clock.bootId) return undefined;
  return Math.min(Math.max(until.clock.monotonicMs - since.clock.monotonicMs, 0), LONGEST_MS);
}

/** The oldest whose end is certain; the oldest of all when none is. */
function forgetOne(kept: Map<string, Kept>): void {
  for (const [id, { bucket }] of kept) {
    if (bucket === "inDoubt") continue;
    kept.delete(id);
    return;
  }
  const [oldest] = kept.keys();
  if (oldest !== undefined) kept.delete(oldest);
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
  const { carried, terminals, operators } = {
    carried: undefined,
    terminals: undefined,
    operators: undefined,
    ...value,
  };
  return [carried, terminals, operators].every(Array.isArray);
}
