import { type MessagePort, parentPort, receiveMessageOnPort } from "node:worker_threads";
import { readBatch, type ReceivedBatch } from "./append-batch.ts";
import { Arrivals } from "./arrivals.ts";
import { CommitTimes } from "./commit-times.ts";
import { DurableSignal } from "./durable-signal.ts";
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

/** ms between two pieces of upkeep: on a card, where a piece takes 20, it takes half of the time that nothing else wants. */
const WORK_PAUSE_MS = 20;

/** Takes batches and questions in the order in which they were posted. */
class WriterThread {
  readonly #port: MessagePort;
  #writer: Writer | undefined;
  #arrivals = new Arrivals();
  #durable = new DurableSignal();
  /** Counts failed commits. What was posted before the main thread heard of one must not be written. */
  #generation = 0;
  #work: NodeJS.Timeout | undefined;
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
    this.#planWork();
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
    const records = writer.uncommitted;
    try {
      writer.commit();
    } catch (error) {
      this.#refuse(error);
      return;
    }
    const { seq: newest } = writer.head;
    if (!this.#durable.announce(newest)) this.#say(newest);
    writer.committed(records);
  }

  #refuse(error: unknown): void {
    const writer = this.#opened();
    const failure = failureOf(error);
    writer.rollBack(failure);
    this.#generation += 1;
    const next = seq(writer.head.seq + 1);
    const refused: AppendsRefused = { failure, next, generation: this.#generation };
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
      this.#durable = new DurableSignal(request.durable);
      const store = await openStore(request.directory, request.moment, notify);
      this.#writer = new Writer(store, {
        directory: request.directory,
        space: request.space,
        times: new CommitTimes(request.commitTimes),
        notify,
        tellSpace: (space) => this.#say({ kind: "space", space }),
        reopened: () => this.#say({ kind: "reopened" }),
      });
      this.#say({ kind: "answer", id, answer: this.#writer.opened });
    } catch (error) {
      this.#say({ kind: "failed", id, failure: failureOf(error) });
    }
  }

  #answer(request: Exclude<WriterRequest, { type: "open" }>): WriterAnswer {
    switch (request.type) {
      case "close":
        this.#close();
        return { type: "close" };
      default:
        return this.#opened().answer(request);
    }
  }

  #close(): void {
    const writer = this.#writer;
    this.#writer = undefined;
    clearTimeout(this.#work);
    writer?.close();
  }

  /** Upkeep runs in the pauses between appends, piece by piece: one that comes meanwhile waits for one piece. */
  #planWork(): void {
    if (this.#work !== undefined || this.#writer?.isBusy !== true) return;
    this.#work = setTimeout(() => {
      this.#work = undefined;
      // Its transaction is still open: after the next message.
      if (this.#writer?.isBusy === true) this.#writer.work();
      this.#planWork();
    }, WORK_PAUSE_MS);
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
