import type { RawField } from "../acquirer/compose.ts";
import type { Card } from "./card.ts";
import type { JournalEntry } from "./journal.ts";

/** A reversal that is owed. Stored before its transaction goes out (reference 1.10). */
export interface PendingReversal {
  readonly entry: JournalEntry;
  /** Without DE39, which is the reason. */
  readonly fields: readonly RawField[];
  /** DE39 of the 0400: 98 no reply in time, A0 bad MAC, 96 terminal or chip fault, 06 other. */
  reason: "98" | "A0" | "96" | "06";
  /** How many were sent in vain. */
  attempts: number;
}

/** A message that is repeated until it is answered. */
export interface PendingAdvice {
  readonly entry: JournalEntry;
  readonly fields: readonly RawField[];
}

/** Details and archived entries that a terminal keeps, oldest out first. Real ones keep a few hundred. */
const MOST_ARCHIVED = 100_000;

/** What a terminal has in its flash: it survives a power cut, and may be handed to the terminal's next life. */
export class TerminalMemory {
  isSignedIn = false;
  reversal: PendingReversal | undefined;
  /** Oldest first. */
  readonly advices: PendingAdvice[] = [];
  /** Whether the result of an issuer script is still to be reported. */
  owesScriptNotice = false;
  /** The current batch. */
  readonly #journal: JournalEntry[] = [];
  readonly #archive: JournalEntry[] = [];
  readonly #cards = new WeakMap<JournalEntry, Card>();
  #stan: number;
  #batch: number;

  constructor(firstStan = 1, firstBatch = 1) {
    this.#stan = firstStan;
    this.#batch = firstBatch;
  }

  get batch(): string {
    return sixDigits(this.#batch);
  }

  /** Entries of the batch that is not settled yet. */
  get journal(): readonly JournalEntry[] {
    return this.#journal;
  }

  /** Every entry, settled batches first; the newest 100,000 of those. */
  everything(): readonly JournalEntry[] {
    return [...this.#archive, ...this.#journal];
  }

  /** 000001 follows 999999 (reference 1.3). */
  takeStan(): string {
    const stan = this.#stan;
    this.#stan = next(stan);
    return sixDigits(stan);
  }

  remember(entry: JournalEntry, card: Card): void {
    this.#journal.push(entry);
    this.#cards.set(entry, card);
  }

  /** @throws RangeError for an entry of another terminal. */
  cardOf(entry: JournalEntry): Card {
    const card = this.#cards.get(entry);
    if (card === undefined) throw new RangeError("not a transaction of this terminal");
    return card;
  }

  /** The batch is settled: its journal is put away and the next number begins. */
  closeBatch(): void {
    this.#archive.push(...this.#journal.splice(0));
    if (this.#archive.length > MOST_ARCHIVED) this.#archive.splice(0, this.#archive.length - MOST_ARCHIVED);
    this.#batch = next(this.#batch);
  }
}

function next(number: number): number {
  return number >= 999_999 ? 1 : number + 1;
}

function sixDigits(number: number): string {
  return String(number).padStart(6, "0");
}
