import type { Moment } from "../domain/clock.ts";
import type { Currency, MinorUnits } from "../domain/money.ts";
import { type Seq, seq } from "../domain/record.ts";
import type { Reducer, ReducerInput } from "../domain/reducer.ts";
import { hasSettled, settlementRecordOf } from "../domain/settlement.ts";
import { transactionRecordOf } from "../domain/transaction-history.ts";
import type { Outcome, TransactionId, TransactionKind, TransactionRecord } from "../domain/transaction.ts";
import { CarriedSoFar, type CarriedSnapshot } from "./carried-so-far.ts";

/** The transaction that a terminal began last. */
export interface LastSeen {
  readonly id: TransactionId;
  /** RFC 3339, our clock. */
  readonly at: string;
  readonly kind: TransactionKind;
  /** Absent while it is under way. */
  readonly outcome?: Outcome;
  readonly amount?: MinorUnits;
  readonly currency?: Currency;
}

export interface LatelyOfTerminal {
  readonly last?: LastSeen;
  /** Of the newest {@link WINDOW} that have ended: how many, and how many of them did not go as they should. */
  readonly ended: number;
  readonly failed: number;
  /** When its batch was closed last. */
  readonly settledAt?: Moment;
}

/** Transactions that the failure rate is over. */
const WINDOW = 50;
/** A hostile peer can invent terminals without end; the config allows as many. */
const MAX_TERMINALS = 1_000;
/** A declined card is no failure of the terminal; a sale that had to be taken back is one. */
const FAILURES: ReadonlySet<Outcome> = new Set(["failed", "inDoubt", "reversing", "reversed", "reversalAbandoned"]);

interface Kept {
  last?: LastSeen;
  /** By transaction, oldest first: whether it failed; `undefined` while it is under way. */
  readonly recent: Map<string, boolean | undefined>;
  settledAt?: Moment;
}

interface Snapshot {
  readonly upTo: Seq;
  readonly carried: CarriedSnapshot;
  readonly terminals: readonly (readonly [
    string,
    {
      readonly last?: LastSeen;
      readonly recent: readonly (readonly [string, boolean?])[];
      readonly settledAt?: Moment;
    },
  ])[];
}

const NOTHING: LatelyOfTerminal = { ended: 0, failed: 0 };

/** What each terminal did last, relayed ones too; folded from the ledger. */
export class Lately {
  upTo: Seq = seq(0);
  carried = new CarriedSoFar();
  #terminals = new Map<string, Kept>();

  of(terminal: string): LatelyOfTerminal {
    const known = this.#terminals.get(terminal);
    if (known === undefined) return NOTHING;
    const { last, recent, settledAt } = known;
    const ends = [...recent.values()].filter((one) => one !== undefined);
    return {
      ended: ends.length,
      failed: ends.filter(Boolean).length,
      ...(last === undefined ? {} : { last }),
      ...(settledAt === undefined ? {} : { settledAt }),
    };
  }

  take({ event, transaction }: TransactionRecord): void {
    const { id, terminal, kind, outcome, requestedAt, amount, approvedAmount, currency } = transaction;
    const isBegin = event === "requested";
    const known = this.#terminal(terminal, isBegin);
    // News of one that is long over: it is not what the terminal did last.
    if (known === undefined || (!isBegin && !known.recent.has(id))) return;
    known.recent.set(id, isBegin ? undefined : FAILURES.has(outcome));
    const [oldest] = known.recent.keys();
    if (known.recent.size > WINDOW && oldest !== undefined) known.recent.delete(oldest);
    if (!isBegin && known.last?.id !== id) return;
    const counted = approvedAmount ?? amount;
    known.last = {
      id,
      at: requestedAt,
      kind,
      ...(isBegin ? {} : { outcome }),
      ...(counted === undefined ? {} : { amount: counted }),
      ...(currency === undefined ? {} : { currency }),
    };
  }

  settle(terminal: string, at: Moment): void {
    const known = this.#terminal(terminal, true);
    if (known !== undefined) known.settledAt = at;
  }

  pack(): string {
    const snapshot: Snapshot = {
      upTo: this.upTo,
      carried: this.carried.toJSON(),
      terminals: [...this.#terminals].map(([name, { recent, ...rest }]) => [
        name,
        { ...rest, recent: [...recent].map(([id, failed]) => (failed === undefined ? [id] : [id, failed])) },
      ]),
    };
    return JSON.stringify(snapshot);
  }

  /** The inverse of `pack`; `undefined` for what is no such text. */
  static unpack(text: string): Lately | undefined {
    const snapshot = parsed(text);
    if (snapshot === undefined) return undefined;
    const state = new Lately();
    state.upTo = snapshot.upTo;
    state.carried = new CarriedSoFar(snapshot.carried);
    state.#terminals = new Map(
      snapshot.terminals.map(([name, { recent, ...rest }]) => [
        name,
        { ...rest, recent: new Map(recent.map(([id, failed]) => [id, failed])) },
      ]),
    );
    return state;
  }

  #terminal(name: string, mayAdd: boolean): Kept | undefined {
    const known = this.#terminals.get(name);
    if (known !== undefined || !mayAdd || this.#terminals.size >= MAX_TERMINALS) return known;
    const added: Kept = { recent: new Map() };
    this.#terminals.set(name, added);
    return added;
  }
}

export const lately: Reducer<Lately> = {
  name: "terminalLately",
  version: 1,
  kinds: new Set(["transaction", "settlement"]),
  begin: () => new Lately(),
  step,
  pack: (state) => state.pack(),
  unpack: (text) => Lately.unpack(text),
};

function step(state: Lately, input: ReducerInput): Lately {
  if (input.type === "tick" || input.seq <= state.upTo) return state;
  state.upTo = input.seq;
  if (!state.carried.isNews(input.carried)) return state;
  const told = transactionRecordOf(input);
  if (told !== undefined) state.take(told);
  const settlement = settlementRecordOf(input);
  if (settlement !== undefined && hasSettled(settlement)) state.settle(settlement.terminal, input.moment);
  return state;
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
