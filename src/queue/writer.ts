import { statSync } from "node:fs";
import { join } from "node:path";
import type Database from "better-sqlite3";
import { type Seq, seq } from "../domain/record.ts";
import type { ReceivedBatch } from "./append-batch.ts";
import { CardTokens, type NewCard } from "./card-tokens.ts";
import type { CommitTimes } from "./commit-times.ts";
import { EARLIER_COPY } from "./earlier-streams.ts";
import { assertNever } from "../domain/assert-never.ts";
import { type Failure, LedgerError } from "./ledger-error.ts";
import type { Notice, WriterAnswer, WriterRequest } from "./messages.ts";
import { type OpenStore, takeLock } from "./open-store.ts";
import { Progress } from "./progress.ts";
import { RecordLog } from "./record-log.ts";
import { LEDGER_FILE, openLedgerFile, readEarlierStreams, readPrevStream } from "./schema.ts";
import type { SpaceFigures, SpaceRules } from "./space.ts";
import { failureOf, isRefusedByFileSystem } from "./sqlite.ts";
import { writeStreamOrder } from "./stream-order.ts";
import { Upkeep } from "./upkeep.ts";
import type { Journal } from "./wal-probe.ts";

export interface WriterSetup {
  readonly directory: string;
  readonly space: SpaceRules;
  readonly times: CommitTimes;
  readonly notify: (notice: Notice) => void;
  readonly tellSpace: (figures: SpaceFigures) => void;
  /** The files were opened anew, because their file system refused. */
  readonly reopened: () => void;
}

/** All that writes below `store.directory`. Lives in the writer thread. */
export class Writer {
  readonly #setup: WriterSetup;
  readonly #journal: Journal;
  readonly #progress: Progress;
  readonly #cards: CardTokens;
  readonly #upkeep: Upkeep;
  readonly #newCards: NewCard[] = [];
  /** What the open transaction holds, to be written again when room was made for it. */
  readonly #batches: ReceivedBatch[] = [];
  #lock: Database.Database | undefined;
  #db: Database.Database;
  #log: RecordLog;
  /** Which file is open: another one may come to stand under its name. `undefined` when it was let go of. */
  #file: string | undefined;
  /** Its file system refused: the next use begins with opening it anew. */
  #isSuspect = false;
  readonly opened: Extract<WriterAnswer, { type: "open" }>;

  constructor({ lock, db, stream, journal, openedAs }: OpenStore, setup: WriterSetup) {
    const { directory, space: rules, notify, tellSpace: tell } = setup;
    this.#setup = setup;
    this.#journal = journal;
    this.#lock = lock;
    this.#db = db;
    this.#file = fileAt(this.#path);
    this.#log = new RecordLog(db, stream);
    const { head } = this.#log;
    this.#progress = new Progress(directory, { stream, prevStream: readPrevStream(db) }, notify);
    const earlier = readEarlierStreams(db);
    if (earlier.length > 0) this.#progress.saveSnapshot(EARLIER_COPY, seq(0), JSON.stringify(earlier));
    this.#cards = new CardTokens(directory, stream, head.seq, notify);
    this.#upkeep = new Upkeep({ directory, rules, db, progress: this.#progress, notify, tell });
    // What was freed had been confirmed, also when the file that said so is lost.
    const mark = seq(Math.max(this.#progress.mark(), this.#upkeep.floor));
    this.opened = { type: "open", stream, head, mark, openedAs, space: this.#upkeep.figures };
  }

  get head(): RecordLog["head"] {
    return this.#log.head;
  }

  get uncommitted(): number {
    return this.#log.uncommitted;
  }

  /** Whether `work` has something to do, and nothing is under way that it would stand before. */
  get isBusy(): boolean {
    return this.#upkeep.isBusy && this.#log.uncommitted === 0 && !this.#isSuspect;
  }

  /** A few milliseconds of upkeep. */
  work(): void {
    this.#upkeep.work();
  }

  /** Takes a batch into the open transaction. @throws SqliteError or LedgerError: then `rollBack`. */
  add(batch: ReceivedBatch): void {
    this.#heal();
    this.#batches.push(batch);
    this.#makingRoom(
      () => this.#log.add(batch),
      () => this.#addAgain(),
    );
    for (const [index, { token, at }] of batch.drafts.entries()) {
      if (token !== undefined) this.#newCards.push({ seq: batch.first + index, token, at });
    }
  }

  /** One fsync for all that was added. @throws SqliteError or LedgerError: then `rollBack`. */
  commit(): void {
    const records = this.#log.uncommitted;
    const startedAt = performance.now();
    this.#makingRoom(
      () => this.#log.commit(),
      () => {
        this.#addAgain();
        this.#log.commit();
      },
    );
    this.#setup.times.add(records, performance.now() - startedAt);
    this.#batches.length = 0;
    const cards = this.#newCards.splice(0);
    if (cards.length > 0) this.#storeCards(cards);
  }

  /** When the caller was answered: measures the space now and then. */
  committed(records: number): void {
    this.#upkeep.glance(records);
  }

  /** Nothing that was added since the last commit is in the ledger then. */
  rollBack(because: Failure): void {
    this.#newCards.length = 0;
    this.#batches.length = 0;
    if (isRefusedByFileSystem(because)) this.#isSuspect = true;
    this.#log.rollBack();
  }

  answer(request: Exclude<WriterRequest, { type: "open" | "close" }>): WriterAnswer {
    if (request.type === "tidy") this.#heal();
    // What was let go of must not be begun anew in its place, and nothing of ours be written beside another ledger.
    if (this.#file === undefined && request.type !== "ping") throw this.#missing();
    switch (request.type) {
      case "head":
        return { type: "head", head: this.#log.head };
      case "durability":
        return { type: "durability", ...this.#log.durability() };
      case "confirm":
        this.#confirm(request.upTo);
        return { type: "confirm" };
      case "regress":
        this.#progress.regress(request.upTo);
        return { type: "regress" };
      case "saveSnapshot":
        this.#progress.saveSnapshot(request.name, request.seq, request.state);
        return { type: "saveSnapshot" };
      case "loadSnapshot":
        return { type: "loadSnapshot", snapshot: this.#progress.loadSnapshot(request.name) };
      case "orderNewStream": {
        const { because, reason } = request;
        writeStreamOrder(this.#setup.directory, { stream: this.opened.stream, because, reason });
        return { type: "orderNewStream" };
      }
      case "tidy":
        if (request.purgeCards) this.#cards.purge(request.now);
        this.#upkeep.tidy(request, this.#log.head.seq);
        if (request.truncateWal) this.#db.pragma("wal_checkpoint(TRUNCATE)");
        return { type: "tidy" };
      case "sample":
        this.#upkeep.sample(request.samples);
        return { type: "sample" };
      case "history":
        this.#upkeep.keepHistory(request.hours);
        return { type: "history" };
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
      this.#setup.notify({ event: "cards.notStored", fields: { ...failureOf(error), cards: cards.length } });
    }
  }

  /** Copies the WAL back, so that a stopped ledger is one file, and frees the lock last. */
  close(): void {
    this.#upkeep.close();
    this.#cards.close();
    this.#progress.close();
    try {
      if (this.#db.open) this.#db.pragma("wal_checkpoint(TRUNCATE)");
    } finally {
      this.#db.close();
      this.#lock?.close();
    }
  }

  /** @param again  What to do instead when the disk was full and something was given up for it; the transaction is gone then. */
  #makingRoom(work: () => void, again: () => void): void {
    for (let attempt = work; ; attempt = again) {
      try {
        attempt();
        return;
      } catch (error) {
        if (failureOf(error).code !== "store.full" || !this.#upkeep.giveWay()) throw error;
        this.#log.rollBack();
      }
    }
  }

  #addAgain(): void {
    for (const batch of this.#batches) this.#log.add(batch);
  }

  /** Without the mark nothing could be freed: it may have room made for it as a record may. */
  #confirm(upTo: Seq): void {
    const confirm = (): void => this.#progress.confirm(upTo);
    this.#makingRoom(confirm, confirm);
  }

  /** Opens the ledger anew after its file system has refused. @throws LedgerError or SqliteError while it still does. */
  #heal(): void {
    if (!this.#isSuspect) return;
    const file = fileAt(this.#path);
    const isMoved = file !== this.#file;
    if (isMoved) this.#letGo();
    if (file === undefined) throw this.#missing();
    this.#lock ??= takeLock(this.#setup.directory);
    this.#db.close();
    this.#db = openLedgerFile(this.#path, this.#journal);
    this.#log = this.#log.continuedOn(this.#db);
    this.#upkeep.use(this.#db);
    this.#file = file;
    this.#isSuspect = false;
    this.#setup.notify({ event: "store.reopened", fields: { file: this.#path, isMoved } });
    if (isMoved) this.#setup.reopened();
  }

  /** Its file system was taken away: it can be checked and mounted again only when nobody holds a file on it. */
  #letGo(): void {
    this.#file = undefined;
    this.#upkeep.close();
    this.#cards.letGo();
    this.#progress.letGo();
    this.#db.close();
    this.#lock?.close();
    this.#lock = undefined;
    this.#setup.reopened();
  }

  get #path(): string {
    return join(this.#setup.directory, LEDGER_FILE);
  }

  #missing(): LedgerError {
    return new LedgerError({ code: "store.missing", detail: `there is no ${this.#path} any more` });
  }
}

/** Device and inode; `undefined` when there is no such file. */
function fileAt(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? undefined : `${found.dev}:${found.ino}`;
}
