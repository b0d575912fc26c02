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
  readonly stateReason?: string;
  readonly stateSince?: number;
}

/** A hold, kept until no completion can come any more. */
export interface Hold {
  readonly id: string;
  readonly at: number;
  readonly amount?: number;
  /** How it came to its end: a completion or a cancellation that was approved. */
  readonly doneBy?: string;
}

/** What diagnosis remembers of the ledger. */
export interface Remembered {
  readonly upTo: number;
  /** Newest last. */
  readonly seen: readonly Seen[];
  readonly line: readonly LineEpisode[];
  readonly channels: readonly ChannelEpisode[];
  readonly underVoltage: readonly Episode[];
  /** The daemon began to run; and where the machine itself did, why. ms. */
  readonly starts: readonly { readonly at: number; readonly cause?: string }[];
  readonly terminals: Readonly<Record<string, TerminalPast>>;
  readonly holds: readonly Hold[];
}

const NOTHING: Remembered = {
  upTo: 0,
  seen: [],
  line: [],
  channels: [],
  underVoltage: [],
  starts: [],
  terminals: {},
  holds: [],
};

/** {@link Remembered}, and what the newest record wants written. */
export class DiagnosisState {
  now: Remembered;
  wanted: readonly DerivedDraft[] = [];

  constructor(now: Remembered = NOTHING) {
    this.now = now;
  }

  pack(): string {
    return JSON.stringify(this.now);
  }

  /** Snapshots are this version's own, or they are not found. */
  static unpack(text: string): DiagnosisState | undefined {
    const read: unknown = JSON.parse(text);
    return isRemembered(read) ? new DiagnosisState(read) : undefined;
  }
}

function isRemembered(read: unknown): read is Remembered {
  if (typeof read !== "object" || read === null) return false;
  return Object.keys(NOTHING).every((name) => Object.hasOwn(read, name));
}
