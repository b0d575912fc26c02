import Database from "better-sqlite3";
import { type Audit, audit } from "../../src/cli/demo/audit.ts";
import { envelopeSchema } from "../../src/contract/envelope.ts";
import { recordWithin } from "../../src/domain/carried.ts";
import type { TransactionRecord } from "../../src/domain/transaction.ts";
import { transactionRecordOf } from "../../src/domain/transaction-history.ts";
import type { Shop } from "./shop.ts";

/** Every transaction record at headquarters, those within `carried` ones too, each once under its own stream and seq. */
function transactionsWithin(databaseFile: string): readonly TransactionRecord[] {
  const db = new Database(databaseFile, { readonly: true, fileMustExist: true });
  try {
    const found = new Map<string, { readonly at: string; readonly record: TransactionRecord }>();
    const envelopes = db.prepare<[], string>("SELECT envelope FROM record ORDER BY stream, seq").pluck();
    for (const text of envelopes.iterate()) {
      const within = recordWithin(envelopeSchema.parse(JSON.parse(text)));
      const record = transactionRecordOf(within);
      if (record !== undefined) found.set(`${within.stream} ${within.seq}`, { at: within.at, record });
    }
    return [...found.values()].toSorted((a, b) => (a.at < b.at ? -1 : 1)).map(({ record }) => record);
  } finally {
    db.close();
  }
}

/** Headquarters' store held against the acquirer's books and the terminals' journals. */
export function auditWithCarried(shop: Shop): Audit {
  return audit({
    host: shop.acquirer.books(),
    terminals: shop.terminals.flatMap((terminal) =>
      terminal.journal().map((entry) => ({ de41: terminal.de41, ...entry })),
    ),
    repeated: shop.acquirer.arrivals().filter(({ repeated, mti }) => repeated && (mti === "0200" || mti === "0100")),
    hq: transactionsWithin(shop.hqDatabase),
  });
}
