import type Database from "better-sqlite3";
import type { StreamId } from "../domain/record.ts";
import type { ReceivedBatch } from "./append-batch.ts";
import { CardTokens, type NewCard } from "./card-tokens.ts";
import type { CommitTimes } from "./commit-times.ts";
import { assertNever } from "../domain/assert-never.ts";
import type { Notice, WriterAnswer, WriterRequest } from "./messages.ts";
import type { OpenStore } from "./open-store.ts";
import { Progress } from "./progress.ts";
import { RecordLog } from "./record-log.ts";
import { readPrevStream } from "./schema.ts";
import { failureOf } from "./sqlite.ts";
import { writeStreamOrder } from "./stream-order.ts";

/** All that writes below `store.directory`. Lives in the writer thread. */
export class Writer {
  readonly #directory: string;
  readonly #stream: StreamId;
  readonly #lock: Database.Database;
  readonly #db: Database.Database;
  readonly #log: RecordLog;
  readonly #progress: Progress;
  readonly #cards: CardTokens;
  readonly #times: CommitTimes;
  readonly #newCards: NewCard[] = [];
  readonly #notify: (notice: Notice) => void;
  readonly opened: Extract<WriterAnswer, { type: "open" }>;

  constructor(directory: string, store: OpenStore, times: CommitTimes, notify: (notice: Notice) => void) {
    const { lock, db, stream, openedAs } = store;
    this.#directory = directory;
    this.#times = times;
    this.#notify = notify;
    this.#stream = stream;
    this.#lock = lock;
    this.#db = db;
    this.#log = new RecordLog(db, stream);
    const { head } = this.#log;
    this.#progress = new Progress(directory, { stream, prevStream: readPrevStream(db) }, notify);
    this.#cards = new CardTokens(directory, stream, head.seq, notify);
    this.opened = { type: "open", stream, head, mark: this.#progress.mark(), openedAs };
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
      case "orderNewStream": {
        const { because, reason } = request;
        writeStreamOrder(this.#directory, { stream: this.#stream, because, reason });
        return { type: "orderNewStream" };
      }
      case "tidy":
        this.#cards.purge(request.now);
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
