import type { RecordKey } from "./carried.ts";
import type { Moment } from "./clock.ts";
import type { DerivedDraft } from "./derived.ts";
import type { RecordKind, Seq } from "./record.ts";
import type { TerminalId } from "./terminal.ts";

/** A record as reducers see it: unwrapped when an earlier stream's record was carried into this one. */
export interface RecordInput {
  readonly type: "record";
  /** Its place in this ledger: rises from input to input. */
  readonly seq: Seq;
  /** Where it counts, when that is an earlier stream: the same record may be carried more than once. */
  readonly carried?: RecordKey;
  readonly kind: RecordKind;
  readonly terminal?: TerminalId;
  /** When it was written, by the clocks of then. */
  readonly moment: Moment;
  /** Parsed JSON, not trusted. */
  readonly body: unknown;
}

/** What time it is, at least once a minute, and how far headquarters has confirmed. Never part of the ledger. */
export interface TickInput {
  readonly type: "tick";
  readonly now: Moment;
  readonly mark: Seq;
}

export type ReducerInput = RecordInput | TickInput;

/**
 * What is derived from the ledger: a fold without clock, socket or disk, so that a restart is a replay. Ticks must not
 * leave anything in the snapshot that records alone would not: a replay meets other ticks.
 */
export interface Reducer<State> {
  /** Of its snapshots, together with `version`. */
  readonly name: string;
  /** Raised when the same records make another state, or older snapshots cannot be read: the ledger is then replayed. */
  readonly version: number;
  /** Records of other kinds are not even parsed for it. */
  readonly kinds: ReadonlySet<RecordKind>;
  begin(): State;
  /** @returns the state after the input: often the same object, changed. The one handed in must not be used any more. */
  step(state: State, input: ReducerInput): State;
  /**
   * What it wants written because of the record that it was given last, oldest first. Called once after each record that is
   * no carried one. The runner adds `derived` to the body, and writes nothing twice, however often the ledger is replayed:
   * the same records must make the same drafts.
   */
  derives?(state: State): readonly DerivedDraft[];
  /** Monotonic ms at which it wants a tick, when that is sooner than in a minute. */
  deadline?(state: State): number | undefined;
  pack(state: State): string;
  /** `undefined` for what this version did not write. */
  unpack(text: string): State | undefined;
}
