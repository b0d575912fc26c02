import type Database from "better-sqlite3";
import type { Envelope } from "../../domain/record.ts";
import type { Dated } from "../../domain/redate.ts";
import { rfc3339 } from "../../runtime/clock.ts";
import type { ChainMemory } from "./chain-memory.ts";

/** A checked envelope and its text; where it came inside of another record, the key of that one. */
export interface Incoming {
  readonly envelope: Envelope;
  readonly text: string;
  readonly carrier: string | undefined;
}

/** `prevHash` of a stream's first record (contracts.md). */
const GENESIS = "0".repeat(64);

/** Each record once, by stream and seq. */
export class Records {
  readonly #chain: ChainMemory;
  readonly #insert: Database.Statement<[readonly (string | number | null)[]]>;
  readonly #arrive: Database.Statement<[string, number]>;
  readonly #keepFork: Database.Statement<[string, number, string, string]>;
  readonly #count: Database.Statement<[number, number, string]>;
  readonly #hash: Database.Statement<[string, number], string>;

  constructor(db: Database.Database, chain: ChainMemory) {
    this.#chain = chain;
    this.#insert = db.prepare(
      `INSERT OR IGNORE INTO record
         (stream, seq, kind, hash, prev_hash, envelope, carrier, boot, dated_at, date_basis) VALUES (?,?,?,?,?,?,?,?,?,?)`,
    );
    this.#arrive = db.prepare("INSERT INTO arrival (stream, seq) VALUES (?,?)");
    this.#keepFork = db.prepare("INSERT OR IGNORE INTO fork (stream, seq, hash, envelope) VALUES (?,?,?,?)");
    this.#hash = db.prepare<[string, number], string>("SELECT hash FROM record WHERE stream = ? AND seq = ?").pluck();
    this.#count = db.prepare(
      "UPDATE stream SET duplicates = duplicates + ?, chain_breaks = chain_breaks + ? WHERE stream = ?",
    );
  }

  hashAt(stream: string, seq: number): string | undefined {
    return this.#hash.get(stream, seq);
  }

  put({ envelope, text, carrier }: Incoming, { at, basis }: Dated): "stored" | "duplicate" | "fork" {
    const { stream, seq, kind, hash, prevHash, clock } = envelope;
    const came = [carrier ?? null, clock.bootId, rfc3339(at), basis];
    const inserted = this.#insert.run([stream, seq, kind, hash, prevHash, text, ...came]);
    if (inserted.changes > 0) {
      this.#arrive.run(stream, seq);
      return "stored";
    }
    if (this.#chain.linkAt(stream, seq)?.hash === hash) {
      this.#count.run(1, 0, stream);
      return "duplicate";
    }
    this.#keepFork.run(stream, seq, hash, text);
    return "fork";
  }

  /**
   * Holds a new record against both its neighbours, as far as they are there: records come in any order. The hash of one
   * that was parked stands in the gap record that says so.
   *
   * @returns how often it does not fit.
   */
  breaksAround({ stream, seq, prevHash, hash }: Envelope): number {
    const before = seq === 1 ? GENESIS : this.#chain.hashAt(stream, seq - 1);
    const after = this.#chain.linkAt(stream, seq + 1)?.prev_hash;
    const breaks = Number(before !== undefined && before !== prevHash) + Number(after !== undefined && after !== hash);
    if (breaks > 0) this.#count.run(0, breaks, stream);
    return breaks;
  }
}
