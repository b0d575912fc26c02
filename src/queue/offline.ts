import { existsSync } from "node:fs";
import { join } from "node:path";
import type Database from "better-sqlite3";
import { type Seq, seq, type StreamId } from "../domain/record.ts";
import { type ChainReport, checkChain, type VerifyOptions } from "./chain-report.ts";
import { LedgerError } from "./ledger-error.ts";
import { type StoredRecord, unpackPage } from "./page.ts";
import { PAGE_LIMIT, RecordReader } from "./record-reader.ts";
import { LEDGER_FILE, openLedgerFileReadonly, readStream } from "./schema.ts";
import { failureOf } from "./sqlite.ts";

/**
 * A running or stopped gateway's ledger, read by another process. Takes no lock that the gateway waits for and holds no
 * read transaction between pages. Beside the ledger it may make SQLite's `-wal` and `-shm`, which the gateway reuses.
 */
export class OfflineLedger implements Disposable {
  readonly stream: StreamId;
  readonly #db: Database.Database;
  readonly #reader: RecordReader;

  constructor(db: Database.Database) {
    this.#db = db;
    this.stream = readStream(db);
    this.#reader = new RecordReader(db, this.stream);
  }

  /** The newest record at this moment; 0 when there is none. */
  head(): Seq {
    return this.#reader.head();
  }

  /** The oldest record that it holds: retention has freed those before it. One above the head when it holds none. */
  first(): Seq {
    return seq(this.#reader.floor().seq + 1);
  }

  /** Oldest first, from `from` or the oldest to the present head. @throws LedgerError where the ledger is not whole. */
  *forward(from: Seq = seq(1)): Generator<StoredRecord> {
    for (let next: number = from; ;) {
      next = Math.max(next, this.first());
      const records = this.#held(next, PAGE_LIMIT);
      if (records === "freed") continue;
      if (records.length === 0) return;
      yield* records;
      next += records.length;
    }
  }

  /** Newest first, from the present head, or `from`, down to the oldest. @throws LedgerError where the ledger is not whole. */
  *backward(from: Seq = this.head()): Generator<StoredRecord> {
    for (let last: number = Math.min(from, this.head()); last >= this.first();) {
      let first = Math.max(last - PAGE_LIMIT + 1, this.first());
      let records: StoredRecord[] = [];
      // A page of large records ends early: the rest of this stretch follows in further pages.
      while (first + records.length <= last) {
        const next = first + records.length;
        const page = this.#held(next, last - next + 1);
        if (page === "freed") {
          first = this.first();
          records = records.filter(({ seq: at }) => at >= first);
        } else records.push(...page);
      }
      yield* records.toReversed();
      last = first - 1;
    }
  }

  /** `freed`: a running gateway's retention has just passed this place. */
  #held(from: number, limit: number): readonly StoredRecord[] | "freed" {
    try {
      return unpackPage(this.#reader.page(seq(from), limit));
    } catch (error) {
      if (error instanceof LedgerError && error.code === "record.freed") return "freed";
      throw error;
    }
  }

  /** Checks every hash up to the present head. @throws the signal's reason. */
  verify(options?: VerifyOptions): Promise<ChainReport> {
    return checkChain(this.head(), (from, prevHash, limit) => this.#reader.check(from, prevHash, limit), options);
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }
}

/** @throws LedgerError `store.missing` when there is no ledger, `store.notWritable` when this user may not read it, or another. */
export function openOfflineLedger(directory: string): OfflineLedger {
  const path = join(directory, LEDGER_FILE);
  if (!existsSync(path)) throw new LedgerError({ code: "store.missing", detail: `there is no ${path}` });
  try {
    return new OfflineLedger(openLedgerFileReadonly(path));
  } catch (error) {
    throw error instanceof LedgerError ? error : new LedgerError(failureOf(error), { cause: error });
  }
}
