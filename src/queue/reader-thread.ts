import { setPriority } from "node:os";
import { join } from "node:path";
import { type MessagePort, parentPort } from "node:worker_threads";
import type Database from "better-sqlite3";
import { assertNever } from "../domain/assert-never.ts";
import { LedgerError } from "./ledger-error.ts";
import { readHistory, readSeries } from "./history/read-history.ts";
import type { Call, FromThread, ReaderAnswer, ReaderRequest } from "./messages.ts";
import type { PackedPage } from "./page.ts";
import { findByKey } from "./record-keys.ts";
import { RecordReader } from "./record-reader.ts";
import { LEDGER_FILE, openLedgerFileReadonly, readStream } from "./schema.ts";
import { failureOf } from "./sqlite.ts";
import { readSamples } from "./telemetry.ts";

/** Answers one question after the other; between two of them no read transaction is open, so that the WAL can shrink. */
class ReaderThread {
  readonly #port: MessagePort;
  #directory: string | undefined;
  #open: { readonly db: Database.Database; readonly reader: RecordReader } | undefined;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  reply({ id, request }: Call<ReaderRequest>): void {
    try {
      const answer = this.#answer(request);
      const page = pageIn(answer);
      const transfer = page === undefined ? [] : [page.text, page.numbers.buffer];
      this.#say({ kind: "answer", id, answer }, transfer);
    } catch (error) {
      this.#say({ kind: "failed", id, failure: failureOf(error) });
    }
    if (request.type === "close") this.#port.close();
  }

  #answer(request: ReaderRequest): ReaderAnswer {
    switch (request.type) {
      case "open":
        this.#directory = request.directory;
        this.#reader();
        return { type: "open" };
      case "letGo":
        this.#letGo();
        return { type: "letGo" };
      case "page":
        return { type: "page", page: this.#reader().page(request.from, request.limit, request.isProven) };
      case "check":
        return { type: "check", checked: this.#reader().check(request.from, request.prevHash, request.limit) };
      case "samples":
        return { type: "samples", samples: readSamples(this.#opened(), request) };
      case "history":
        return { type: "history", points: readHistory(this.#opened(), request.query) };
      case "historySeries":
        return { type: "historySeries", stored: readSeries(this.#opened()) };
      case "freedEarlier":
        return { type: "freedEarlier", freed: this.#reader().freedEarlier() };
      case "find":
        return { type: "find", found: this.#find(request.key) };
      case "ping":
        return { type: "ping" };
      case "close":
        this.#letGo();
        this.#directory = undefined;
        return { type: "close" };
      default:
        return assertNever(request);
    }
  }

  #reader(): RecordReader {
    this.#open ??= openReader(this.#opened());
    return this.#open.reader;
  }

  #find(key: string): PackedPage | "freed" | undefined {
    this.#open ??= openReader(this.#opened());
    const { db, reader } = this.#open;
    return findByKey(db, reader, key);
  }

  /** Closes the ledger until something of it is asked for. */
  #letGo(): void {
    this.#open?.db.close();
    this.#open = undefined;
  }

  #opened(): string {
    if (this.#directory === undefined)
      throw new LedgerError({ code: "store.closed", detail: "the ledger is not open" });
    return this.#directory;
  }

  #say(message: FromThread<ReaderAnswer>, transfer: readonly ArrayBuffer[] = []): void {
    this.#port.postMessage(message, [...transfer]);
  }
}

function pageIn(answer: ReaderAnswer): PackedPage | undefined {
  if (answer.type === "page") return answer.page;
  return answer.type === "find" && answer.found !== "freed" ? answer.found : undefined;
}

function openReader(directory: string): { readonly db: Database.Database; readonly reader: RecordReader } {
  const db = openLedgerFileReadonly(join(directory, LEDGER_FILE));
  return { db, reader: new RecordReader(db, readStream(db)) };
}

/**
 * With a core for each thread it changes nothing; where they share one, a check of the chain or an export runs in the
 * pauses of a sale.
 */
const NICE = 5;

function beNice(): void {
  // 0 is the calling thread on Linux alone (setpriority(2), "BUGS"), the whole process elsewhere.
  if (process.platform !== "linux") return;
  try {
    setPriority(0, NICE);
  } catch {
    // A strict service unit forbids it: then everything runs as it would have.
  }
}

beNice();
if (parentPort === null) throw new Error("the reader runs as a worker thread");
const thread = new ReaderThread(parentPort);
parentPort.on("message", (message: Call<ReaderRequest>) => {
  thread.reply(message);
});
