import Database from "better-sqlite3";
import type { TransactionRecord } from "../../domain/transaction.ts";
import { transactionRecordOf } from "../../domain/transaction-history.ts";
import { recordsOfKind } from "./read-streams.ts";

/** Every `transaction` record that headquarters holds, in the order in which they were made: the whole history, not only its end. */
export function transactionRecords(databaseFile: string): readonly TransactionRecord[] {
  const db = new Database(databaseFile, { readonly: true, fileMustExist: true });
  try {
    const records: TransactionRecord[] = [];
    for (const { envelope } of recordsOfKind(db, "transaction")) {
      const parsed: unknown = JSON.parse(envelope);
      const record = typeof parsed === "object" && parsed !== null ? transactionRecordOf(parsed) : undefined;
      if (record !== undefined) records.push(record);
    }
    return records;
  } finally {
    db.close();
  }
}
