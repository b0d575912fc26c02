import Database from "better-sqlite3";
import type { TransactionRecord } from "../../domain/transaction.ts";
import { transactionRecordOf } from "../../domain/transaction-history.ts";

/** Every `transaction` record that headquarters holds, in order of stream and seq: the whole history, not only its end. */
export function transactionRecords(databaseFile: string): readonly TransactionRecord[] {
  const db = new Database(databaseFile, { readonly: true, fileMustExist: true });
  try {
    const envelopes = db
      .prepare<[], string>("SELECT envelope FROM record WHERE kind = 'transaction' ORDER BY stream, seq")
      .pluck();
    const records: TransactionRecord[] = [];
    for (const envelope of envelopes.iterate()) {
      const parsed: unknown = JSON.parse(envelope);
      const record = typeof parsed === "object" && parsed !== null ? transactionRecordOf(parsed) : undefined;
      if (record !== undefined) records.push(record);
    }
    return records;
  } finally {
    db.close();
  }
}
