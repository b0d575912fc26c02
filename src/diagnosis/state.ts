import type { DerivedDraft } from "../domain/derived.ts";
import type { ChannelEpisode, Episode, LineEpisode } from "./episodes.ts";
import type { Seen } from "./seen.ts";

/** What a terminal did beside its transactions, as its records tell. Times are wall clock, ms. */
export interface TerminalPast {
  readonly signedInAt?: number;
  /** Sign-ins that were refused since the last one that was not. */
  readonly refusedSignIns: readonly { readonly at: number; readonly code: string }[];
  readonly parametersAt?: number;
  readonly serial?: string;
  /** Another device answered under this name. */
  readonly changedAt?: number;
  readonly settledAt?: number;
  /** DE60.2 of its newest transaction. */
  readonly batch?: string;
  readonly state?: string;
}

/** A hold, kept until no completion can come any more. */
export interface Hold {
  readonly at: number;
  readonly amount?: number;
  /** How it came to its end: a completion or a cancellation that was approved. */
  readonly doneBy?: string;
}

const DAY_MS = 86_400_000;
/** What speaks for or against a cause lies within a day; the cause of a repetition within minutes. ms. */
export const SEEN_MS = DAY_MS;
/** A busy shop's hours: the snapshot stays below half a megabyte. */
const SEEN_MOST = 600;
/** Uses in a day from which on a card is a test card or the staff's: that it comes again says nothing. */
const OF_CARD_MOST = 20;
/** A hold lasts 30 days (reference card-data-and-batch.md, 7.2), and late completions are what is asked about. ms. */
const HOLDS_MS = 60 * DAY_MS;
const HOLDS_MOST = 2_000;

interface Packed {
  readonly upTo: number;
  readonly revisedAt: number;
  readonly seen: readonly Seen[];
  readonly open: readonly string[];
  readonly line: readonly LineEpisode[];
  readonly channels: readonly ChannelEpisode[];
  readonly underVoltage: readonly Episode[];
  readonly starts: readonly { readonly at: number; readonly cause?: string }[];
  readonly terminals: readonly (readonly [string, TerminalPast])[];
  readonly holds: readonly (readonly [string, Hold])[];
}
const MEMBERS: readonly (keyof Packed)[] = [
  "upTo",
  "revisedAt",
  "seen",
  "open",
  "line",
  "channels",
  "underVoltage",
  "starts",
  "terminals",
  "holds",
];

/** What diagnosis remembers of the ledger. Maps, because every sale passes here: what it costs must not grow with the day. */
export class DiagnosisState {
  upTo = 0;
  /** When earlier payments were looked at anew for another payment's sake. Wall clock, ms. */
  revisedAt = 0;
  /** By id, the newest event last. */
  readonly seen = new Map<string, Seen>();
  /** Ids of those whose diagnosis may still change, in the order in which they were told. */
  readonly open = new Set<string>();
  line: readonly LineEpisode[] = [];
  channels: readonly ChannelEpisode[] = [];
  underVoltage: readonly Episode[] = [];
  /** The daemon began to run; and where the machine itself did, why. */
  starts: Packed["starts"] = [];
  readonly terminals = new Map<string, TerminalPast>();
  /** By the hold's id. */
  readonly holds = new Map<string, Hold>();
  /** What the newest record wants written. */
  wanted: readonly DerivedDraft[] = [];
  readonly #byCard = new Map<string, Set<string>>();

  /** As the newest; the oldest make room. */
  put(seen: Seen): void {
    this.#drop(seen.id);
    this.seen.set(seen.id, seen);
    if (seen.card !== undefined) {
      const ids = this.#byCard.get(seen.card) ?? new Set();
      this.#byCard.set(seen.card, ids.add(seen.id));
      const [oldest] = ids;
      if (ids.size > OF_CARD_MOST && oldest !== undefined) ids.delete(oldest);
    }
    for (const [id, { endedAt }] of this.seen) {
      if (this.seen.size <= SEEN_MOST && endedAt >= seen.endedAt - SEEN_MS) break;
      this.#drop(id);
    }
  }

  /** The same payment, at the place that it has. */
  replace(seen: Seen): void {
    this.seen.set(seen.id, seen);
  }

  /** Payments with that card; none when it is used so often that they say nothing. */
  withCard(card: string | undefined): readonly Seen[] {
    const ids = card === undefined ? undefined : this.#byCard.get(card);
    return ids === undefined || ids.size >= OF_CARD_MOST ? [] : [...ids].flatMap((id) => this.seen.get(id) ?? []);
  }

  past(terminal: string): TerminalPast {
    return this.terminals.get(terminal) ?? { refusedSignIns: [] };
  }

  tell(terminal: string, more: Partial<TerminalPast>): void {
    this.terminals.set(terminal, { ...this.past(terminal), ...more });
  }

  hold(id: string, hold: Hold, now: number): void {
    this.holds.set(id, hold);
    for (const [oldest, { at }] of this.holds) {
      if (this.holds.size <= HOLDS_MOST && at >= now - HOLDS_MS) break;
      this.holds.delete(oldest);
    }
  }

  pack(): string {
    const packed: Packed = {
      upTo: this.upTo,
      revisedAt: this.revisedAt,
      seen: [...this.seen.values()],
      open: [...this.open],
      line: this.line,
      channels: this.channels,
      underVoltage: this.underVoltage,
      starts: this.starts,
      terminals: [...this.terminals],
      holds: [...this.holds],
    };
    return JSON.stringify(packed);
  }

  /** Snapshots are this version's own, or they are not found. */
  static unpack(text: string): DiagnosisState | undefined {
    const read: unknown = JSON.parse(text);
    if (!isPacked(read)) return undefined;
    const state = new DiagnosisState();
    state.upTo = read.upTo;
    state.revisedAt = read.revisedAt;
    for (const seen of read.seen) state.put(seen);
    for (const id of read.open) state.open.add(id);
    state.line = read.line;
    state.channels = read.channels;
    state.underVoltage = read.underVoltage;
    state.starts = read.starts;
    for (const [terminal, past] of read.terminals) state.terminals.set(terminal, past);
    for (const [id, hold] of read.holds) state.holds.set(id, hold);
    return state;
  }

  #drop(id: string): void {
    const { card } = this.seen.get(id) ?? {};
    this.seen.delete(id);
    if (card === undefined) return;
    const ids = this.#byCard.get(card);
    ids?.delete(id);
    if (ids?.size === 0) this.#byCard.delete(card);
  }
}

function isPacked(read: unknown): read is Packed {
  return typeof read === "object" && read !== null && MEMBERS.every((name) => Object.hasOwn(read, name));
}
