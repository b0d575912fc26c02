import { type MessagePort, parentPort, receiveMessageOnPort } from "node:worker_threads";
import { readBatch, type ReceivedBatch } from "./append-batch.ts";
import { Arrivals } from "./arrivals.ts";
import { CommitTimes } from "./commit-times.ts";
import { LedgerError } from "./ledger-error.ts";
import type { AppendsRefused, Call, FromThread, Notice, WriterAnswer, WriterRequest } from "./messages.ts";
import { openStore } from "./open-store.ts";
import { failureOf } from "./sqlite.ts";
import { Writer } from "./writer.ts";
import { seq } from "../domain/record.ts";

type ToWriter = ArrayBuffer | Call<WriterRequest>;

/**
 * Records in one transaction, at most and give or take a tick's: a larger one gains little,
 * and its answer wakes as many callers on the main thread at once.
 */
const MAX_COMMIT_RECORDS = 512;

/** Takes batches and questions in the order in which they were posted. */
class WriterThread {
  readonly #port: MessagePort;
  #writer: Writer | undefined;
  #arrivals = new Arrivals();
  /** Counts failed commits. What was posted before the main thread heard of one must not be written. */
  #generation = 0;
  /** The main thread is still appending in the tick whose first batches came already. */
  #isTickOpen = false;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  /** All batches that wait share one commit and one fsync. */
  receive(first: ToWriter): void {
    for (let message: ToWriter | undefined = first; message !== undefined; message = this.#next()) {
      if (message instanceof ArrayBuffer) {
        this.#add(readBatch(message));
        if (this.#uncommitted >= MAX_COMMIT_RECORDS) this.#commit();
      } else {
        this.#commit();
        this.#reply(message);
      }
    }
  }

  /** What waits; when nothing does, commits and looks a moment longer. */
  #next(): ToWriter | undefined {
    const arrived = this.#arrivals.count();
    const waiting = this.#take();
    if (waiting !== undefined || this.#uncommitted === 0) return waiting;
    if (!this.#isTickOpen) this.#commit();
    return this.#arrivals.lingerAfter(arrived) ? this.#take() : undefined;
  }

  #take(): ToWriter | undefined {
    const received: { message: ToWriter } | undefined = receiveMessageOnPort(this.#port);
    return received?.message;
  }

  get #uncommitted(): number {
    return this.#writer?.uncommitted ?? 0;
  }

  #add(batch: ReceivedBatch): void {
    if (batch.generation !== this.#generation) return;
    this.#isTickOpen = batch.hasMore;
    try {
      this.#opened().add(batch);
    } catch (error) {
      this.#refuse(error);
    }
  }

  #commit(): void {
    if (this.#uncommitted === 0) return;
    const writer = this.#opened();
    try {
      writer.commit();
      this.#say(writer.head.seq);
    } catch (error) {
      this.#refuse(error);
    }
  }

  #refuse(error: unknown): void {
    const writer = this.#opened();
    writer.rollBack();
    this.#generation += 1;
    const next = seq(writer.head.seq + 1);
    const refused: AppendsRefused = { failure: failureOf(error), next, generation: this.#generation };
    this.#say({ kind: "refused", refused });
    this.#isTickOpen = false;
  }

  #reply({ id, request }: Call<WriterRequest>): void {
    if (request.type === "open") {
      void this.#open(id, request);
      return;
    }
    try {
      this.#say({ kind: "answer", id, answer: this.#answer(request) });
    } catch (error) {
      this.#say({ kind: "failed", id, failure: failureOf(error) });
    }
    if (request.type === "close") this.#port.close();
  }

  /** Nothing else is asked before this is answered. */
  async #open(id: number, request: Extract<WriterRequest, { type: "open" }>): Promise<void> {
    const notify = (notice: Notice): void => this.#say({ kind: "notice", notice });
    try {
      this.#arrivals = new Arrivals(request.arrivals);
      const store = await openStore(request.directory, request.moment, notify);
      this.#writer = new Writer(request.directory, store, new CommitTimes(request.commitTimes), notify);
      this.#say({ kind: "answer", id, answer: this.#writer.opened });
    } catch (error) {
      this.#say({ kind: "failed", id, failure: failureOf(error) });
    }
  }

  #answer(request: Exclude<WriterRequest, { type: "open" }>): WriterAnswer {
    switch (request.type) {
      case "close":
        this.#writer?.close();
        return { type: "close" };
      default:
        return this.#opened().answer(request);
    }
  }

  #opened(): Writer {
    if (this.#writer === undefined) throw new LedgerError({ code: "store.closed", detail: "the ledger is not open" });
    return this.#writer;
  }

  #say(message: FromThread<WriterAnswer>): void {
    this.#port.postMessage(message);
  }
}

if (parentPort === null) throw new Error("the writer runs as a worker thread");
const thread = new WriterThread(parentPort);
parentPort.on("message", (message: ToWriter) => {
  thread.receive(message);
});
