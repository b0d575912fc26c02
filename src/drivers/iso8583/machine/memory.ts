import type { RecordDraft } from "../../../domain/record.ts";
import type { TransactionRecord } from "../../../domain/transaction.ts";
import type { Observation } from "../codec/observation.ts";
import { TransactionBook } from "./book.ts";
import type { RelayMachineOptions } from "./seen.ts";

/** What both directions of the relay share: the settings, and the book of transactions that every record goes through. */
export class Memory {
  readonly options: RelayMachineOptions;
  book = new TransactionBook();

  constructor(options: RelayMachineOptions) {
    this.options = options;
  }

  /** Enters a transaction's newest state into the book and makes the record of it. */
  put(record: TransactionRecord, request?: Observation): RecordDraft {
    this.book.put(record.transaction);
    return {
      kind: "transaction",
      terminal: record.transaction.terminal,
      body: record,
      ...(request?.cardToken === undefined ? {} : { cardToken: request.cardToken }),
    };
  }
}
