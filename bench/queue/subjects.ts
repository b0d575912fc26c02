import Database from "better-sqlite3";
import type { RecordDraft } from "../../src/domain/record.ts";
import { terminalId } from "../../src/domain/terminal.ts";
import type { Ledger } from "../../src/queue/ledger.ts";
import { openLedger } from "../../src/queue/open-ledger.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { silentLog } from "../../src/runtime/log.ts";

/** What the targets call an append of 400 bytes. */
const BODY_BYTES = 400;

/** A body as the relay writes it, of exactly 400 bytes. */
export const SALE: RecordDraft = {
  kind: "transaction",
  terminal: terminalId("till-1"),
  body: {
    event: "answered",
    transaction: {
      id: "t-0b1c2d3e-0000-4000-8000-000000",
      terminal: "till-1",
      acquirer: "ums",
      kind: "sale",
      outcome: "approved",
      amount: 12_345,
      currency: "CNY",
      card: { bin6: "621234", last4: "0001", length: 16, scheme: "unionpay", luhnOk: true },
      stan: "000123",
      batch: "000001",
      rrn: "123456789012",
      authCode: "12345",
      responseCode: "00",
      requestedAt: "2025-11-22T07:00:00.000Z",
    },
  },
};

export async function ledgerIn(directory: string): Promise<Ledger> {
  return openLedger({ directory, clock: systemClock(), log: silentLog });
}

/** The peer: better-sqlite3 alone, in this thread, as durable as ours: WAL and FULL. */
export class BareSqlite implements Disposable {
  readonly #db: Database.Database;
  readonly #begin: Database.Statement<[]>;
  readonly #insert: Database.Statement<[number, string]>;
  readonly #commit: Database.Statement<[]>;
  readonly #row = "x".repeat(BODY_BYTES);
  #seq = 0;

  constructor(path: string) {
    this.#db = new Database(path);
    this.#db.pragma("journal_mode = WAL");
    this.#db.pragma("synchronous = FULL");
    this.#db.exec("CREATE TABLE record (seq INTEGER PRIMARY KEY, body TEXT NOT NULL)");
    this.#begin = this.#db.prepare("BEGIN IMMEDIATE");
    this.#insert = this.#db.prepare("INSERT INTO record (seq, body) VALUES (?, ?)");
    this.#commit = this.#db.prepare("COMMIT");
  }

  commit(rows: number): void {
    this.#begin.run();
    for (let row = 0; row < rows; row += 1) this.#insert.run((this.#seq += 1), this.#row);
    this.#commit.run();
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }
}
