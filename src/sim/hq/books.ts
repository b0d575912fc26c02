import Database from "better-sqlite3";
import type { Currency } from "../../domain/money.ts";
import type { Outcome, Transaction, TransactionKind } from "../../domain/transaction.ts";
import { transactionRecordOf } from "../../domain/transaction-history.ts";
import { readStreams } from "./read-streams.ts";

/** One transaction as headquarters knows it: the newest record of its id. */
export interface BookedTransaction {
  readonly stream: string;
  readonly seq: number;
  readonly transaction: Transaction;
}

export interface BookedSum {
  readonly kind: TransactionKind;
  readonly outcome: Outcome;
  /** Absent for those without an amount. */
  readonly currency: Currency | undefined;
  readonly count: number;
  /** Minor units; what was approved, where that is less than what was asked for. */
  readonly amount: number;
}

export interface BookedStream {
  readonly stream: string;
  readonly site: string;
  readonly gateway: string;
  readonly rows: number;
  /** Everything up to here is stored. */
  readonly upTo: number;
  /** Below the newest stored record, not stored. */
  readonly gaps: number;
  readonly duplicates: number;
  readonly forks: number;
  readonly chainBreaks: number;
}

/** What headquarters holds, for comparing it with what others know. */
export interface HqBooks {
  readonly transactions: readonly BookedTransaction[];
  readonly sums: readonly BookedSum[];
  readonly streams: readonly BookedStream[];
  readonly rows: number;
  readonly rowsByKind: ReadonlyMap<string, number>;
  readonly duplicates: number;
  readonly forks: number;
  readonly gaps: number;
  readonly chainBreaks: number;
  readonly damaged: number;
}

/** Reads the database of a running or stopped headquarters. */
export function books(databaseFile: string): HqBooks {
  const db = new Database(databaseFile, { readonly: true, fileMustExist: true });
  try {
    return db.transaction(() => readBooks(db))();
  } finally {
    db.close();
  }
}

function readBooks(db: Database.Database): HqBooks {
  const streams = readBookedStreams(db);
  const transactions = readTransactions(db);
  const total = (figure: (stream: BookedStream) => number): number =>
    streams.reduce((sum, stream) => sum + figure(stream), 0);
  return {
    transactions,
    sums: sumsOf(transactions),
    streams,
    rows: total((s) => s.rows),
    rowsByKind: new Map(
      db.prepare<[], [string, number]>("SELECT kind, count(*) FROM record GROUP BY kind").raw().all(),
    ),
    duplicates: total((s) => s.duplicates),
    forks: total((s) => s.forks),
    gaps: total((s) => s.gaps),
    chainBreaks: total((s) => s.chainBreaks),
    damaged: db.prepare<[], number>("SELECT count(*) FROM damaged").pluck().get() ?? 0,
  };
}

function readBookedStreams(db: Database.Database): readonly BookedStream[] {
  const count = (table: "record" | "fork") =>
    db.prepare<[string], number>(`SELECT count(*) FROM ${table} WHERE stream = ?`).pluck();
  const rows = count("record");
  const forks = count("fork");
  const counts = db.prepare<[string], { duplicates: number; chain_breaks: number }>(
    "SELECT duplicates, chain_breaks FROM stream WHERE stream = ?",
  );
  return readStreams(db).map(({ stream, address, progress }) => ({
    stream,
    site: address.site,
    gateway: address.gateway,
    rows: rows.get(stream) ?? 0,
    upTo: progress.upTo,
    gaps: progress.gaps,
    duplicates: counts.get(stream)?.duplicates ?? 0,
    forks: forks.get(stream) ?? 0,
    chainBreaks: counts.get(stream)?.chain_breaks ?? 0,
  }));
}

function readTransactions(db: Database.Database): readonly BookedTransaction[] {
  const newest = new Map<string, BookedTransaction>();
  const rows = db.prepare<[], { stream: string; seq: number; envelope: string }>(
    "SELECT stream, seq, envelope FROM record WHERE kind = 'transaction' ORDER BY stream, seq",
  );
  for (const { stream, seq, envelope } of rows.iterate()) {
    const parsed: unknown = JSON.parse(envelope);
    const record = typeof parsed === "object" && parsed !== null ? transactionRecordOf(parsed) : undefined;
    if (record !== undefined) newest.set(record.transaction.id, { stream, seq, transaction: record.transaction });
  }
  return [...newest.values()];
}

function sumsOf(transactions: readonly BookedTransaction[]): readonly BookedSum[] {
  const sums = new Map<string, BookedSum>();
  for (const { transaction } of transactions) {
    const { kind, outcome, currency } = transaction;
    const key = `${kind} ${outcome} ${currency ?? ""}`;
    const before = sums.get(key) ?? { kind, outcome, currency, count: 0, amount: 0 };
    const amount = before.amount + (transaction.approvedAmount ?? transaction.amount ?? 0);
    sums.set(key, { ...before, count: before.count + 1, amount });
  }
  return [...sums.values()];
}
