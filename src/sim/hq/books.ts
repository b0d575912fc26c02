import Database from "better-sqlite3";
import { envelopeSchema } from "../../contract/envelope.ts";
import type { Currency } from "../../domain/money.ts";
import type { Envelope } from "../../domain/record.ts";
import type { Outcome, Transaction, TransactionKind } from "../../domain/transaction.ts";
import { transactionRecordOf } from "../../domain/transaction-history.ts";
import type { Alarm } from "./alarms.ts";
import { gapBodySchema } from "./gap-body.ts";
import { readStreams, recordsOfKind, type StoredEnvelope } from "./read-streams.ts";

/** One transaction as headquarters knows it: the newest record of its id, in the newest of its streams. */
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
  /** A gateway writes it, as far as headquarters knows. */
  readonly lives: boolean;
  /** Everything up to here is stored or accounted for. */
  readonly upTo: number;
  /** Below the newest position that is stored or accounted for: neither. */
  readonly gaps: number;
  readonly duplicates: number;
  readonly forks: number;
  readonly chainBreaks: number;
}

/** A record that headquarters has not got, and knows why. */
export interface AccountedFor {
  readonly stream: string;
  /** Closed range of positions, some of whose records may have come all the same. */
  readonly from: number;
  readonly to: number;
  readonly why: Missing;
}

/**
 * - `unavailable`, `freed`: headquarters had confirmed them, has lost them itself, and the gateway has not got them any more;
 *   `freed` are those of a stream that has ended.
 * - `quarantined`: damage left nothing readable. `leftBehind`: they are in the file that was set aside, and not carried over.
 */
export type Missing = "parked" | "released" | "unavailable" | "freed" | "quarantined" | "leftBehind";

/** The file of a stream was damaged at its end: it may have held records of which nothing speaks. */
export interface OpenEnd {
  readonly stream: string;
  /** The highest position that anything spoke of. */
  readonly after: number;
}

/** A `gap` record as it came. */
export interface BookedGap {
  readonly stream: string;
  readonly seq: number;
  readonly body: Envelope["body"];
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
  /** All `gap` records: what is missing where, with count and sum. */
  readonly gapRecords: readonly BookedGap[];
  /** Positions that gap records speak of and whose record is not here; one entry for what is wholly here is left out. */
  readonly accounted: readonly AccountedFor[];
  readonly openEnds: readonly OpenEnd[];
  readonly alarms: readonly Alarm[];
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
  const gapRecords = readGapRecords(db);
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
    gapRecords,
    openEnds: gapRecords.flatMap(openEndsIn),
    accounted: db.prepare<[], AccountedFor>(STILL_ACCOUNTED).all(),
    alarms: db.prepare<[], Alarm>("SELECT stream, seq, what, detail FROM alarm ORDER BY stream, seq").all(),
  };
}

const STILL_ACCOUNTED = `
  SELECT stream, from_seq AS "from", to_seq AS "to", why FROM accounted AS a
  WHERE (SELECT count(*) FROM record AS r WHERE r.stream = a.stream AND r.seq BETWEEN a.from_seq AND a.to_seq)
    < a.to_seq - a.from_seq + 1
  ORDER BY stream, from_seq`;

function readGapRecords(db: Database.Database): readonly BookedGap[] {
  return recordsOfKind(db, "gap").map(({ stream, seq, envelope }) => ({
    stream,
    seq,
    body: envelopeSchema.parse(JSON.parse(envelope)).body,
  }));
}

function openEndsIn({ body }: BookedGap): readonly OpenEnd[] {
  const gap = gapBodySchema.safeParse(body).data;
  if (gap?.event === "quarantined") {
    return [gap, ...(gap.earlier ?? [])].flatMap(({ stream, lastKnown: after, endUnknown }) =>
      stream === undefined || after === undefined || endUnknown === undefined ? [] : [{ stream, after }],
    );
  }
  const freed = gap?.event === "streamBegun" || gap?.event === "unavailable" ? (gap.freed ?? []) : [];
  return freed.flatMap(({ stream, upTo, endUnknown }) => (endUnknown === true ? [{ stream, after: upTo }] : []));
}

function readBookedStreams(db: Database.Database): readonly BookedStream[] {
  const count = (table: "record" | "fork") =>
    db.prepare<[string], number>(`SELECT count(*) FROM ${table} WHERE stream = ?`).pluck();
  const rows = count("record");
  const forks = count("fork");
  const counts = db.prepare<[string], { duplicates: number; chain_breaks: number }>(
    "SELECT duplicates, chain_breaks FROM stream WHERE stream = ?",
  );
  return readStreams(db).map(({ stream, address, lives, progress }) => ({
    stream,
    lives,
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
  for (const { stream, seq, envelope } of recordsOfKind(db, "transaction")) {
    const transaction = transactionIn(envelope);
    if (transaction !== undefined) newest.set(transaction.id, { stream, seq, transaction });
  }
  // A gateway that used numbers twice made two sales under one key: both happened.
  for (const { stream, seq, envelope } of forksOf(db)) {
    const transaction = transactionIn(envelope);
    if (transaction !== undefined && !newest.has(transaction.id))
      newest.set(transaction.id, { stream, seq, transaction });
  }
  return [...newest.values()];
}

function forksOf(db: Database.Database): readonly StoredEnvelope[] {
  return db.prepare<[], StoredEnvelope>("SELECT stream, seq, envelope FROM fork ORDER BY stream, seq").all();
}

function transactionIn(envelope: string): Transaction | undefined {
  const parsed: unknown = JSON.parse(envelope);
  return typeof parsed === "object" && parsed !== null ? transactionRecordOf(parsed)?.transaction : undefined;
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
