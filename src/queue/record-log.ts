import type Database from "better-sqlite3";
import { type ChainPoint, seq, type StreamId } from "../domain/record.ts";
import type { ReceivedBatch } from "./append-batch.ts";
import { ChainHash, EnvelopeText, GENESIS_HASH } from "./envelope-text.ts";
import { LedgerError } from "./ledger-error.ts";
import { KeyWriter, takeBackKeys } from "./record-keys.ts";
import { pragmaValue } from "./sqlite.ts";

const COLUMNS = ["seq", "at", "kind", "lane", "terminal", "boot", "mono", "synced", "body", "hash"] as const;
type Column = string | number | null | Buffer;

/** Most records have none. */
const NO_KEYS: readonly string[] = [];

/** Rows in one statement: entering SQLite for each row costs a fifth of writing it. */
const ROWS_AT_ONCE = 8;

/** SQLite's numbers for `synchronous` FULL and EXTRA (sqlite.org/pragma.html#pragma_synchronous): see `schema.ts`, why which. */
const DURABLE: ReadonlyMap<string, number> = new Map([
  ["wal", 2],
  ["delete", 3],
]);

/** Refused commits whose ends are remembered: half a day of a disk that is tried every 30 s. */
const MAX_REFUSED = 1_500;

/** The writer's end of `ledger.db`: appends, and knows the chain's head. */
export class RecordLog {
  readonly #db: Database.Database;
  readonly #insertOne: Database.Statement<[readonly Column[]]>;
  readonly #insertMany: Database.Statement<[readonly Column[]]>;
  readonly #begin: Database.Statement<[]>;
  readonly #commit: Database.Statement<[]>;
  readonly #text: EnvelopeText;
  readonly #keys: KeyWriter;
  readonly #chain = new ChainHash();
  readonly #boots = new Map<string, number>();
  readonly #stream: StreamId;
  /** Hashes at the end of commits that were refused and may stand in the WAL all the same. */
  readonly #refused = new Set<string>();
  #head: ChainPoint;
  /** End of the open transaction; the head when there is none. */
  #tip: ChainPoint;
  #isKnownDurable = false;

  constructor(db: Database.Database, stream: StreamId) {
    this.#db = db;
    this.#stream = stream;
    this.#text = new EnvelopeText(stream);
    this.#begin = db.prepare("BEGIN IMMEDIATE");
    this.#commit = db.prepare("COMMIT");
    this.#insertOne = db.prepare(insertOf(1));
    this.#insertMany = db.prepare(insertOf(ROWS_AT_ONCE));
    this.#keys = new KeyWriter(db);
    this.#head = readHead(db);
    this.#tip = this.#head;
  }

  /** The newest durable record. */
  get head(): ChainPoint {
    return this.#head;
  }

  /** Records that the next commit will make durable. */
  get uncommitted(): number {
    return this.#tip.seq - this.#head.seq;
  }

  /** Puts a batch into the open transaction, or a new one. @throws SqliteError: then `rollBack`. */
  add({ first, bootId, drafts }: ReceivedBatch): void {
    if (first !== this.#tip.seq + 1) throw new TypeError(`a batch begins at ${first} after ${this.#tip.seq}`);
    if (!this.#db.inTransaction) this.#begin.run();
    const boot = this.#bootNumber(bootId);
    let { hash } = this.#tip;
    let columns: Column[] = [];
    for (const draft of drafts) {
      hash = this.#chain.of(hash, this.#text.withoutHash(draft, hash));
      columns.push(
        draft.seq,
        draft.at,
        draft.kind,
        draft.lane,
        draft.terminal,
        boot,
        draft.monotonicMs,
        draft.synced ? 1 : 0,
        draft.body,
        Buffer.from(hash, "hex"),
      );
      for (const key of draft.keys ?? NO_KEYS) this.#keys.put(key, draft.seq, draft.synced ? draft.at : 0);
      if (columns.length < ROWS_AT_ONCE * COLUMNS.length) continue;
      this.#insertMany.run(columns);
      columns = [];
    }
    for (let row = 0; row < columns.length; row += COLUMNS.length) {
      this.#insertOne.run(columns.slice(row, row + COLUMNS.length));
    }
    this.#tip = { seq: seq(this.#tip.seq + drafts.length), hash };
  }

  /** In the open transaction, or a new one: there was a record under this key, which is not here. @param at  See `KeyWriter`. */
  know(key: string, at: number): void {
    if (!this.#db.inTransaction) this.#begin.run();
    this.#keys.know(key, at);
  }

  /** One fsync for all that was added: when it returns, that is on disk. @throws SqliteError, or LedgerError `store.notDurable`: then `rollBack`. */
  commit(): void {
    this.#assertDurable();
    this.#commit.run();
    this.#head = this.#tip;
    this.#refused.clear();
  }

  /** After a failure: nothing beyond `head` is in the ledger. */
  rollBack(): void {
    if (this.#db.inTransaction) this.#db.exec("ROLLBACK");
    this.#boots.clear();
    if (this.#tip.seq > this.#head.seq) this.#noteRefused(this.#tip);
    // A commit whose fsync failed may stand complete in the WAL; recovery after a crash would bring it back
    // although it was refused. Emptying the WAL, where the disk still allows it, rules that out.
    try {
      const isBusy = Number(this.#db.pragma("wal_checkpoint(TRUNCATE)", { simple: true })) !== 0;
      this.#head = readHead(this.#db);
      if (!isBusy) this.#refused.clear();
    } catch {
      // The disk refuses that too: the caller has the first error already, the next append gets its own.
    }
    this.#tip = this.#head;
  }

  /**
   * The same log on a connection that was opened anew. Recovery may have brought back what was refused: that goes.
   *
   * @throws LedgerError `store.failed` when the file does not end where this process left it.
   */
  continuedOn(db: Database.Database): RecordLog {
    const found = readHead(db);
    if (found.hash !== this.#head.hash) {
      if (!this.#refused.has(found.hash)) {
        const detail = `the ledger ends at ${found.seq} with ${found.hash}, this process left it at ${this.#head.seq} with ${this.#head.hash}`;
        throw new LedgerError({ code: "store.failed", detail });
      }
      const { seq: last } = this.#head;
      db.transaction(() => {
        db.prepare("DELETE FROM record WHERE seq > ?").run(last);
        takeBackKeys(db, last);
      }).immediate();
    }
    return new RecordLog(db, this.#stream);
  }

  /** What the open database says about its durability, for health and tests. */
  durability(): { readonly journalMode: string; readonly synchronous: number } {
    return {
      journalMode: String(pragmaValue(this.#db, "journal_mode")),
      synchronous: Number(pragmaValue(this.#db, "synchronous")),
    };
  }

  #noteRefused({ hash }: ChainPoint): void {
    const [oldest] = this.#refused;
    if (oldest !== undefined && this.#refused.size >= MAX_REFUSED) this.#refused.delete(oldest);
    this.#refused.add(hash);
  }

  /** Boot ids are 36 characters, and a boot makes thousands of records: rows hold a small number instead. */
  #bootNumber(bootId: string): number {
    const known = this.#boots.get(bootId);
    if (known !== undefined) return known;
    this.#db.prepare("INSERT OR IGNORE INTO boot (boot_id) VALUES (?)").run(bootId);
    const number = this.#db.prepare<[string], number>("SELECT id FROM boot WHERE boot_id = ?").pluck().get(bootId);
    if (number === undefined) throw new TypeError("a boot was not stored");
    this.#boots.set(bootId, number);
    return number;
  }

  /** Once, after the first write and before its commit: that is when better-sqlite3's WAL falls back to NORMAL. */
  #assertDurable(): void {
    if (this.#isKnownDurable) return;
    const { journalMode, synchronous } = this.durability();
    if (synchronous !== DURABLE.get(journalMode)) {
      const detail = `journal_mode is ${journalMode} and synchronous is ${synchronous} after a write`;
      throw new LedgerError({ code: "store.notDurable", detail });
    }
    this.#isKnownDurable = true;
  }
}

function insertOf(rows: number): string {
  const row = `(${COLUMNS.map(() => "?").join(",")})`;
  return `INSERT INTO record (${COLUMNS.join(",")}) VALUES ${Array.from({ length: rows }, () => row).join(",")}`;
}

function readHead(db: Database.Database): ChainPoint {
  const row = db
    .prepare<[], { seq: number; hash: Buffer }>("SELECT seq, hash FROM record ORDER BY seq DESC LIMIT 1")
    .get();
  return row === undefined
    ? { seq: seq(0), hash: GENESIS_HASH }
    : { seq: seq(row.seq), hash: row.hash.toString("hex") };
}
