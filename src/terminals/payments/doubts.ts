import type { RecordInput, Reducer, ReducerInput } from "../../domain/reducer.ts";
import { type Seq, seq } from "../../domain/record.ts";
import type { TerminalId } from "../../domain/terminal.ts";
import { isUnresolved, type Transaction, type TransactionEvent, type TransactionId } from "../../domain/transaction.ts";
import { transactionRecordOf } from "../../domain/transaction-history.ts";
import { type CarriedSnapshot, CarriedSoFar } from "../carried-so-far.ts";
import type { Numbers } from "./numbering.ts";

/** A transaction whose money may have moved on one side only, as its newest record has it; without its receipts. */
export interface Doubt {
  readonly transaction: Transaction;
  readonly event: TransactionEvent;
}

/** Of relayed terminals together. A payment that a till ordered is never dropped: tills are held up by their own. */
const MAX_RELAYED = 5_000;

interface Snapshot {
  readonly upTo: Seq;
  readonly carried: CarriedSnapshot;
  readonly open: readonly Doubt[];
  readonly newest: readonly (readonly [TerminalId, Numbers])[];
  readonly dropped: number;
}

/** What the ledger tells of unresolved transactions, and of the newest numbers of the terminals that tillgate drives. */
export class Doubts {
  upTo = seq(0);
  carried = new CarriedSoFar();
  /** Relayed ones that there was no room for, since the beginning. */
  dropped = 0;
  readonly #open = new Map<TransactionId, Doubt>();
  readonly #newest = new Map<TerminalId, Numbers>();
  #relayed = 0;

  /** Oldest news first. */
  get open(): Iterable<Doubt> {
    return this.#open.values();
  }

  get newest(): ReadonlyMap<TerminalId, Numbers> {
    return this.#newest;
  }

  get(id: TransactionId): Doubt | undefined {
    return this.#open.get(id);
  }

  take(event: TransactionEvent, transaction: Transaction): void {
    this.#remove(transaction.id);
    if (isUnresolved(transaction.outcome)) this.#add({ event, transaction: withoutReceipts(transaction) });
    if (transaction.payment === undefined) return;
    const known = event === "requested" || event === "refused" ? transaction.after : newlyTold(transaction);
    const numbers = known && numbersOf(known, this.#newest.get(transaction.terminal));
    if (numbers !== undefined) this.#newest.set(transaction.terminal, numbers);
  }

  pack(): string {
    const snapshot: Snapshot = {
      upTo: this.upTo,
      carried: this.carried.toJSON(),
      open: [...this.#open.values()],
      newest: [...this.#newest],
      dropped: this.dropped,
    };
    return JSON.stringify(snapshot);
  }

  static unpack(text: string): Doubts | undefined {
    const snapshot = parsed(text);
    if (snapshot === undefined) return undefined;
    const doubts = new Doubts();
    doubts.upTo = snapshot.upTo;
    doubts.dropped = snapshot.dropped;
    doubts.carried = new CarriedSoFar(snapshot.carried);
    for (const doubt of snapshot.open) doubts.#add(doubt);
    for (const [terminal, numbers] of snapshot.newest) doubts.#newest.set(terminal, numbers);
    return doubts;
  }

  #add(doubt: Doubt): void {
    const { id, payment } = doubt.transaction;
    this.#open.set(id, doubt);
    if (payment !== undefined) return;
    this.#relayed += 1;
    if (this.#relayed > MAX_RELAYED) this.#dropOldest();
  }

  #remove(id: TransactionId): void {
    const known = this.#open.get(id);
    if (known === undefined) return;
    this.#open.delete(id);
    if (known.transaction.payment === undefined) this.#relayed -= 1;
  }

  #dropOldest(): void {
    for (const { transaction } of this.#open.values()) {
      if (transaction.payment !== undefined) continue;
      this.#remove(transaction.id);
      this.dropped += 1;
      return;
    }
  }
}

/** The in-doubt desk's memory. Its snapshot makes a start short, however long the ledger is. */
export const doubts: Reducer<Doubts> = {
  name: "doubts",
  version: 1,
  kinds: new Set(["transaction"]),
  begin: () => new Doubts(),
  step,
  pack: (state) => state.pack(),
  unpack: (text) => Doubts.unpack(text),
};

function step(state: Doubts, input: ReducerInput): Doubts {
  if (input.type === "tick" || input.seq <= state.upTo) return state;
  state.upTo = input.seq;
  takeRecord(state, input);
  return state;
}

function takeRecord(state: Doubts, input: RecordInput): void {
  const told = transactionRecordOf(input);
  if (told !== undefined && state.carried.isNews(input.carried)) state.take(told.event, told.transaction);
}

/** A person's word on a payment tells nothing of its terminal, which may have counted on since. */
export function newlyTold(transaction: Transaction): Numbers | undefined {
  return transaction.resolution?.by === "person" ? undefined : transaction;
}

/** What a terminal counts by after this transaction, as far as it told. */
export function numbersOf(told: Numbers, before: Numbers | undefined): Numbers | undefined {
  const receiptNumber = told.receiptNumber ?? before?.receiptNumber;
  const stan = told.stan === undefined || told.stan === "" ? before?.stan : told.stan;
  if (receiptNumber === undefined && stan === undefined) return undefined;
  return { ...(receiptNumber === undefined ? {} : { receiptNumber }), ...(stan === undefined ? {} : { stan }) };
}

function withoutReceipts({ receipts: _left, ...transaction }: Transaction): Transaction {
  return transaction;
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
  if (typeof value !== "object" || value === null || !("upTo" in value) || !("dropped" in value)) return false;
  const { carried, open, newest } = { carried: undefined, open: undefined, newest: undefined, ...value };
  return [carried, open, newest].every(Array.isArray);
}
