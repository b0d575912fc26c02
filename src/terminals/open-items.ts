import type { Instant } from "../domain/clock.ts";
import type { Currency, MinorUnits } from "../domain/money.ts";
import { minorUnits } from "../domain/money.ts";
import { type Seq, seq } from "../domain/record.ts";
import type { Reducer, ReducerInput } from "../domain/reducer.ts";
import { hasSettled, type SettlementRecord, settlementRecordOf, type SettlementTotals } from "../domain/settlement.ts";
import { transactionRecordOf } from "../domain/transaction-history.ts";
import { isUnresolved, type Transaction, type TransactionKind } from "../domain/transaction.ts";
import { CarriedSoFar, type CarriedSnapshot } from "./carried-so-far.ts";

/** What of a transaction is not over yet on its terminal. */
export interface OpenItem {
  readonly what: "inDoubt" | "hold" | "unsettled";
  readonly kind: TransactionKind;
  readonly amount?: MinorUnits;
  readonly currency?: Currency;
  readonly batch?: string;
  readonly stan: string;
  readonly receiptNumber?: string;
  readonly authCode?: string;
  /** Our wall clock. */
  readonly at: Instant;
}

/** A terminal's batch rarely holds a tenth of it; beyond, the oldest are only counted. */
const KEPT_PER_TERMINAL = 2_000;
const MAX_TERMINALS = 1_000;

const CREDITS: ReadonlySet<TransactionKind> = new Set(["refund"]);
const IN_BATCH: ReadonlySet<TransactionKind> = new Set([
  "sale",
  "completion",
  "completionAdvice",
  "offlineSale",
  "refund",
]);
const ENDS_HOLD: ReadonlySet<TransactionKind> = new Set(["completion", "completionAdvice", "preAuthVoid"]);
const VOIDS: ReadonlySet<TransactionKind> = new Set(["saleVoid", "completionVoid"]);

interface TerminalItems {
  readonly items: Map<string, OpenItem>;
  /** The oldest that were too many to keep, since the batch was closed last. */
  dropped: number;
  /** tillgate told it to do its end of day, and nothing stands in the ledger of what came of it. */
  isSettling: boolean;
}

interface Snapshot {
  readonly upTo: Seq;
  readonly carried: CarriedSnapshot;
  readonly terminals: readonly (readonly [string, readonly (readonly [string, OpenItem])[], number, boolean])[];
}

/** In-doubt transactions, open holds and the open batch of each terminal, folded from the ledger. */
export class OpenItems {
  upTo: Seq = seq(0);
  carried = new CarriedSoFar();
  #terminals = new Map<string, TerminalItems>();

  of(terminal: string): readonly OpenItem[] {
    return [...(this.#terminals.get(terminal)?.items.values() ?? [])];
  }

  /** Whether its end of day was begun here and its end is not told: it is under way, or a crash cut it off. */
  isSettling(terminal: string): boolean {
    return this.#terminals.get(terminal)?.isSettling ?? false;
  }

  /** What this ledger says that the terminal's open batch holds; `undefined` when it cannot say it for certain. */
  batchTotals(terminal: string): { readonly totals: SettlementTotals; readonly currency?: Currency } | undefined {
    const known = this.#terminals.get(terminal);
    if (known !== undefined && known.dropped > 0) return undefined;
    const items = this.of(terminal);
    if (items.some(({ what }) => what === "inDoubt")) return undefined;
    const batch = items.filter(({ what }) => what === "unsettled");
    const currencies = new Set(batch.map(({ currency }) => currency));
    if (currencies.size > 1 || batch.some(({ amount }) => amount === undefined)) return undefined;
    const [debits, credits] = [
      batch.filter(({ kind }) => !CREDITS.has(kind)),
      batch.filter(({ kind }) => CREDITS.has(kind)),
    ];
    const [currency] = currencies;
    return {
      totals: {
        debitAmount: sum(debits),
        debitCount: debits.length,
        creditAmount: sum(credits),
        creditCount: credits.length,
      },
      ...(currency === undefined ? {} : { currency }),
    };
  }

  take(transaction: Transaction, at: Instant): void {
    const { items } = this.#of(transaction.terminal);
    const { id, kind, outcome } = transaction;
    const isDone = outcome === "approved" || outcome === "approvedPartly";
    if (isUnresolved(outcome)) this.#put(transaction, "inDoubt", at);
    else if (isDone && kind === "preAuth") this.#put(transaction, "hold", at);
    else if (isDone && IN_BATCH.has(kind)) this.#put(transaction, "unsettled", at);
    else items.delete(id);
    if (!isDone) return;
    if (ENDS_HOLD.has(kind)) this.#end(transaction, "hold");
    if (VOIDS.has(kind)) this.#end(transaction, "unsettled");
  }

  settle(settlement: SettlementRecord): void {
    const { event, terminal, acquirer } = settlement;
    if (acquirer === undefined) this.#of(terminal).isSettling = event === "requested";
    if (hasSettled(settlement)) this.#close(settlement);
  }

  #close({ terminal, batch }: SettlementRecord): void {
    const known = this.#terminals.get(terminal);
    if (known === undefined) return;
    known.dropped = 0;
    for (const [id, item] of known.items) {
      const isOfBatch = batch === undefined || item.batch === undefined || item.batch === batch;
      if (item.what === "unsettled" && isOfBatch) known.items.delete(id);
    }
  }

  pack(): string {
    const snapshot: Snapshot = {
      upTo: this.upTo,
      carried: this.carried.toJSON(),
      terminals: [...this.#terminals]
        .filter(([, { items, dropped, isSettling }]) => items.size > 0 || dropped > 0 || isSettling)
        .map(([name, { items, dropped, isSettling }]) => [name, [...items], dropped, isSettling]),
    };
    return JSON.stringify(snapshot);
  }

  /** The inverse of `pack`; `undefined` for what is no such text. */
  static unpack(text: string): OpenItems | undefined {
    const snapshot = parsed(text);
    if (snapshot === undefined) return undefined;
    const state = new OpenItems();
    state.upTo = snapshot.upTo;
    state.carried = new CarriedSoFar(snapshot.carried);
    state.#terminals = new Map(
      snapshot.terminals.map(([name, items, dropped, isSettling]) => [
        name,
        { items: new Map(items), dropped, isSettling },
      ]),
    );
    return state;
  }

  #put(transaction: Transaction, what: OpenItem["what"], at: Instant): void {
    const known = this.#of(transaction.terminal);
    const {
      id,
      kind,
      approvedAmount,
      amount = approvedAmount,
      currency,
      batch,
      stan,
      receiptNumber,
      authCode,
    } = transaction;
    const counted = approvedAmount ?? amount;
    known.items.set(id, {
      what,
      kind,
      stan,
      at: known.items.get(id)?.at ?? at,
      ...(counted === undefined ? {} : { amount: counted }),
      ...(currency === undefined ? {} : { currency }),
      ...(batch === undefined ? {} : { batch }),
      ...(receiptNumber === undefined ? {} : { receiptNumber }),
      ...(authCode === undefined ? {} : { authCode }),
    });
    if (known.items.size <= KEPT_PER_TERMINAL) return;
    const [oldest] = known.items.keys();
    if (oldest !== undefined) known.items.delete(oldest);
    known.dropped += 1;
  }

  /** The earlier one that this refers to is over. */
  #end({ terminal, originalTransaction, original }: Transaction, what: OpenItem["what"]): void {
    const { items } = this.#of(terminal);
    if (originalTransaction !== undefined) {
      items.delete(originalTransaction);
      return;
    }
    const stan = original?.stan;
    if (stan === undefined) return;
    for (const [id, item] of items) if (item.what === what && item.stan === stan) items.delete(id);
  }

  #of(terminal: string): TerminalItems {
    const known = this.#terminals.get(terminal);
    if (known !== undefined) return known;
    const added: TerminalItems = { items: new Map(), dropped: 0, isSettling: false };
    if (this.#terminals.size < MAX_TERMINALS) this.#terminals.set(terminal, added);
    return added;
  }
}

export const openItems: Reducer<OpenItems> = {
  name: "terminalOpenItems",
  version: 2,
  kinds: new Set(["transaction", "settlement"]),
  begin: () => new OpenItems(),
  step,
  pack: (state) => state.pack(),
  unpack: (text) => OpenItems.unpack(text),
};

function step(state: OpenItems, input: ReducerInput): OpenItems {
  if (input.type === "tick" || input.seq <= state.upTo) return state;
  state.upTo = input.seq;
  if (!state.carried.isNews(input.carried)) return state;
  const told = transactionRecordOf(input);
  // A second answer to what was answered: its batch may have been settled since.
  if (told !== undefined && told.event !== "answeredAgain") state.take(told.transaction, input.moment.at);
  const settlement = settlementRecordOf(input);
  if (settlement !== undefined) state.settle(settlement);
  return state;
}

function sum(items: readonly OpenItem[]): MinorUnits {
  const total = items.reduce((before, { amount }) => before + (amount ?? 0), 0);
  return minorUnits(Math.min(total, Number.MAX_SAFE_INTEGER));
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
