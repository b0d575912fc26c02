import { join } from "node:path";
import Database from "better-sqlite3";
import { streamId } from "../domain/record.ts";
import type { ReceivedBatch } from "./append-batch.ts";
import { CardTokens, type NewCard } from "./card-tokens.ts";
import type { CommitTimes } from "./commit-times.ts";
import { assertNever } from "../domain/assert-never.ts";
import { LedgerError } from "./ledger-error.ts";
import type { Notice, WriterAnswer, WriterRequest } from "./messages.ts";
import { Progress } from "./progress.ts";
import { RecordLog } from "./record-log.ts";
import { LEDGER_FILE, openLedgerFile, readStream } from "./schema.ts";
import { BUSY_TIMEOUT_MS, failureOf } from "./sqlite.ts";

/** All that writes below `store.directory`. Lives in the writer thread; opening it takes the single-instance lock. */
export class Writer {
  readonly #lock: Database.Database;
  readonly #db: Database.Database;
  readonly #log: RecordLog;
  readonly #progress: Progress;
  readonly #cards: CardTokens;
  readonly #times: CommitTimes;
  readonly #newCards: NewCard[] = [];
  readonly #notify: (notice: Notice) => void;
  readonly opened: Extract<WriterAnswer, { type: "open" }>;

  /** @throws LedgerError or SqliteError when there can be no ledger here. */
  constructor(directory: string, times: CommitTimes, notify: (notice: Notice) => void) {
    this.#times = times;
    this.#notify = notify;
    this.#lock = takeLock(join(directory, "ledger.lock"));
    this.#db = openLedgerFile(join(directory, LEDGER_FILE), () => streamId(crypto.randomUUID()));
    const stream = readStream(this.#db);
    this.#log = new RecordLog(this.#db, stream);
    const { head } = this.#log;
    this.#progress = new Progress(directory, stream, notify);
    this.#cards = new CardTokens(directory, stream, head.seq, notify);
    this.opened = { type: "open", stream, head, mark: this.#progress.mark() };
  }

  get head(): RecordLog["head"] {
    return this.#log.head;
  }

  get uncommitted(): number {
    return this.#log.uncommitted;
  }

  /** Takes a batch into the open transaction. @throws SqliteError: then `rollBack`. */
  add(batch: ReceivedBatch): void {
    this.#log.add(batch);
    for (const [index, { token, at }] of batch.drafts.entries()) {
      if (token !== undefined) this.#newCards.push({ seq: batch.first + index, token, at });
    }
  }

  /** One fsync for all that was added. @throws SqliteError or LedgerError: then `rollBack`. */
  commit(): void {
    const records = this.#log.uncommitted;
    const startedAt = performance.now();
    this.#log.commit();
    this.#times.add(records, performance.now() - startedAt);
    const cards = this.#newCards.splice(0);
    if (cards.length > 0) this.#storeCards(cards);
  }

  /** Nothing that was added since the last commit is in the ledger then. */
  rollBack(): void {
    this.#newCards.length = 0;
    this.#log.rollBack();
  }

  answer(request: Exclude<WriterRequest, { type: "open" | "close" }>): WriterAnswer {
    switch (request.type) {
      case "head":
        return { type: "head", head: this.#log.head };
      case "durability":
        return { type: "durability", ...this.#log.durability() };
      case "confirm":
        this.#progress.confirm(request.upTo);
        return { type: "confirm" };
      case "saveSnapshot":
        this.#progress.saveSnapshot(request.name, request.seq, request.state);
        return { type: "saveSnapshot" };
      case "loadSnapshot":
        return { type: "loadSnapshot", snapshot: this.#progress.loadSnapshot(request.name) };
      case "tidy":
        if (request.purgeCards) this.#cards.purge(request.now);
        if (request.truncateWal) this.#db.pragma("wal_checkpoint(TRUNCATE)");
        return { type: "tidy" };
      case "ping":
        return { type: "ping" };
      default:
        return assertNever(request);
    }
  }

  /** After the commit, so that a token never stands under a seq that another record gets later. */
  #storeCards(cards: readonly NewCard[]): void {
    try {
      this.#cards.add(cards);
    } catch (error) {
      // The money is safe; velocity counting misses some cards.
      this.#notify({ event: "cards.notStored", fields: { ...failureOf(error), cards: cards.length } });
    }
  }

  /** Copies the WAL back, so that a stopped ledger is one file, and frees the lock last. */
  close(): void {
    this.#cards.close();
    this.#progress.close();
    this.#db.pragma("wal_checkpoint(TRUNCATE)");
    this.#db.close();
    this.#lock.close();
  }
}

/**
 * An exclusive lock that the kernel frees when the process dies, however it dies: an open transaction on a file of its own.
 *
 * @throws LedgerError `store.locked` when another process, or another ledger in this one, holds it.
 */
function takeLock(path: string): Database.Database {
  const lock = new Database(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    lock.exec("BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock.close();
    const failure = failureOf(error);
    if (failure.code !== "store.locked") throw error;
    throw new LedgerError({ code: "store.locked", detail: `${path} is held` }, { cause: error });
  }
}
