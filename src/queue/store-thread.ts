import { Worker } from "node:worker_threads";
import { assertNever } from "../domain/assert-never.ts";
import type { Clock } from "../runtime/clock.ts";
import { LedgerError } from "./ledger-error.ts";
import type { AppendsRefused, FromThread, Notice } from "./messages.ts";
import type { SpaceFigures } from "./space.ts";

interface Typed {
  readonly type: string;
}

/** What a store thread says unasked. */
export interface StoreThreadEvents {
  durable(newest: number): void;
  refused(refused: AppendsRefused): void;
  notice(notice: Notice): void;
  space(figures: SpaceFigures): void;
  /** The thread opened the store's files anew. */
  reopened(): void;
  /** The thread died although nobody ended it: nothing will be answered any more. */
  lost(error: LedgerError): void;
}

interface Waiting<Answer> {
  answered(answer: Answer): void;
  failed(error: LedgerError): void;
}

/**
 * MiB of JavaScript heap, so that a store thread cannot take the machine's memory; pages and batches lie outside of it.
 * In a smaller young space the writer would spend a twentieth of a flood on collecting it.
 */
const HEAP_LIMITS = {
  "writer-thread": { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 16 },
  "reader-thread": { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4 },
  "backup-thread": { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4 },
} as const;

/** The main thread's end of a store thread: questions with answers, and buffers that are only posted. */
export class StoreThread<Request extends Typed, Answer extends Typed> {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting<Answer>>();
  readonly #events: StoreThreadEvents;
  readonly #exited: Promise<void>;
  #nextId = 1;
  #isEnding = false;
  #lost: LedgerError | undefined;

  /** @param file  Name of the thread's module beside this one, without its extension. */
  constructor(file: keyof typeof HEAP_LIMITS, events: StoreThreadEvents) {
    this.#events = events;
    // The sources run as they are in development, built ones in the package: the neighbour has our own extension.
    const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
    this.#worker = new Worker(new URL(`./${file}.${extension}`, import.meta.url), {
      name: file,
      resourceLimits: HEAP_LIMITS[file],
    });
    this.#worker.on("message", (message: FromThread<Answer>) => {
      this.#heard(message);
    });
    this.#worker.on("error", (cause) => {
      this.#lose(new LedgerError({ code: "store.threadLost", detail: `the ${file} failed` }, { cause }));
    });
    this.#exited = new Promise((resolve) => {
      this.#worker.once("exit", () => {
        this.#lose(
          new LedgerError({ code: this.#isEnding ? "store.closed" : "store.threadLost", detail: `the ${file} ended` }),
        );
        resolve();
      });
    });
  }

  /** Something was asked and is not answered yet. */
  get isBusy(): boolean {
    return this.#waiting.size > 0;
  }

  /** @throws LedgerError as the thread found it, or `store.threadLost`. */
  ask<T extends Request["type"] & Answer["type"]>(request: Request & { type: T }): Promise<Answer & { type: T }> {
    return new Promise((resolve, reject) => {
      if (this.#lost !== undefined) {
        reject(this.#lost);
        return;
      }
      const id = this.#nextId;
      this.#nextId += 1;
      this.#waiting.set(id, {
        answered: (answer) => {
          if (answers(answer, request.type)) resolve(answer);
          else reject(new TypeError(`asked for ${request.type}, got ${answer.type}`));
        },
        failed: reject,
      });
      this.#worker.postMessage({ id, request });
    });
  }

  post(buffer: ArrayBuffer): void {
    this.#worker.postMessage(buffer, [buffer]);
  }

  /** Asks a last time, then waits until the thread is gone: by itself, or by force when `withinMs` are over. */
  async end(last: Request & { type: "close" & Answer["type"] }, clock: Clock, withinMs: number): Promise<void> {
    this.#isEnding = true;
    const gone = new AbortController();
    const deadline = this.#terminateAfter(withinMs, clock, gone.signal);
    try {
      await this.ask(last);
    } finally {
      await this.#exited;
      gone.abort();
      await deadline;
    }
  }

  async #terminateAfter(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
    try {
      await clock.sleep(ms, signal);
    } catch {
      return; // It was gone before.
    }
    await this.#worker.terminate();
  }

  #heard(message: FromThread<Answer>): void {
    if (typeof message === "number") {
      this.#events.durable(message);
      return;
    }
    switch (message.kind) {
      case "answer":
        this.#take(message.id)?.answered(message.answer);
        return;
      case "failed":
        this.#take(message.id)?.failed(new LedgerError(message.failure));
        return;
      case "refused":
        this.#events.refused(message.refused);
        return;
      case "notice":
        this.#events.notice(message.notice);
        return;
      case "space":
        this.#events.space(message.space);
        return;
      case "reopened":
        this.#events.reopened();
        return;
      default:
        assertNever(message);
    }
  }

  #take(id: number): Waiting<Answer> | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #lose(error: LedgerError): void {
    if (this.#lost !== undefined) return;
    this.#lost = error;
    for (const waiting of this.#waiting.values()) waiting.failed(error);
    this.#waiting.clear();
    if (!this.#isEnding) this.#events.lost(error);
  }
}

function answers<Answer extends Typed, T extends string>(answer: Answer, type: T): answer is Answer & { type: T } {
  return answer.type === type;
}
