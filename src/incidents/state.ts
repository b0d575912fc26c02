import type { DerivedDraft } from "../domain/derived.ts";
import type { DiagnosisCause } from "../domain/diagnosis.ts";
import type { TransactionKind } from "../domain/transaction.ts";
import type { Incident } from "./incident.ts";

/** A payment as far as incidents look at it. */
export interface Payment {
  readonly id: string;
  readonly terminal: string;
  readonly kind: TransactionKind;
  readonly acquirer?: string;
  readonly bin?: string;
  readonly operator?: string;
  readonly original?: string;
  /** Wall clock, ms. */
  readonly at: number;
  readonly cause?: DiagnosisCause;
  /** The incident that it belongs to. */
  readonly n?: number;
}

/** What is remembered of the ledger. */
export interface Remembered {
  readonly upTo: number;
  readonly next: number;
  readonly incidents: readonly Incident[];
  /** Newest last. */
  readonly payments: readonly Payment[];
}

const NOTHING: Remembered = { upTo: 0, next: 1, incidents: [], payments: [] };

/** {@link Remembered}, and what the newest record wants written. */
export class IncidentsState {
  now: Remembered;
  wanted: readonly DerivedDraft[] = [];

  constructor(now: Remembered = NOTHING) {
    this.now = now;
  }

  pack(): string {
    return JSON.stringify(this.now);
  }

  static unpack(text: string): IncidentsState | undefined {
    const read: unknown = JSON.parse(text);
    return isRemembered(read) ? new IncidentsState(read) : undefined;
  }
}

function isRemembered(read: unknown): read is Remembered {
  if (typeof read !== "object" || read === null) return false;
  return Object.keys(NOTHING).every((name) => Object.hasOwn(read, name));
}
