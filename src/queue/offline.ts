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

  /** Oldest first, from `from` to the present head. @throws LedgerError where the ledger is not whole. */
  *forward(from: Seq = seq(1)): Generator<StoredRecord> {
    for (let next: number = Math.max(from, 1); ;) {
      const records = unpackPage(this.#reader.page(seq(next), PAGE_LIMIT));
      if (records.length === 0) return;
      yield* records;
      next += records.length;
    }
  }

  /** Newest first, from the present head, or `from`, down. @throws LedgerError where the ledger is not whole. */
  *backward(from: Seq = this.head()): Generator<StoredRecord> {
    for (let last: number = Math.min(from, this.head()); last > 0;) {
      const first = Math.max(last - PAGE_LIMIT + 1, 1);
      const records: StoredRecord[] = [];
      // A page of large records ends early: the rest of this stretch follows in further pages.
      while (first + records.length <= last) {
        const next = first + records.length;
        records.push(...unpackPage(this.#reader.page(seq(next), last - next + 1)));
      }
      yield* records.toReversed();
      last = first - 1;
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
