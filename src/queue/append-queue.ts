import { canonicalJson } from "../domain/canonical-json.ts";
import { instant } from "../domain/clock.ts";
import { type RecordDraft, type Seq, seq } from "../domain/record.ts";
import { isRecordKey } from "../domain/record-keys.ts";
import type { Clock } from "../runtime/clock.ts";
import { BatchWriter } from "./append-batch.ts";
import type { DurableSignal } from "./durable-signal.ts";
import { MAX_BODY_BYTES } from "./envelope-text.ts";
import { LedgerError } from "./ledger-error.ts";
import type { AppendsRefused } from "./messages.ts";

/** What may wait for the disk. At a card's 50 commits of 512 records a second this is less than a second of records. */
const MAX_WAITING_DRAFTS = 20_000;
const MAX_WAITING_BYTES = 16 * 1024 * 1024;
/** Callers woken before the event loop gets its turn: half a millisecond of their work. */
const MAX_SETTLED_AT_ONCE = 32;
/**
 * ms that a draft which can wait is held back for one that cannot, so that an answer shares the commit of the next request:
 * one terminal's next sale then meets an idle disk, and flash is written half as often.
 */
const PATIENCE_MS = 5;
/** ms. One commit on a fast disk takes a third of it; on a slow one the message comes in good time. */
const LOOK_MS = 0.6;
/** Drafts after which the writer is given what there is, so that it hashes and inserts while the tick goes on. */
const PART_DRAFTS = 8;

export interface AppendQueueOptions {
  readonly clock: Clock;
  /** The newest seq that is in the ledger already. */
  readonly head: Seq;
  /** Where the writer says how far it is. */
  readonly signal: DurableSignal;
  /** Whether looking there takes no core from those who work for the answer. */
  mayLook(): boolean;
  /** Gives a batch to the writer. */
  post(batch: ArrayBuffer): void;
  /** Some appends became durable. */
  onDurable(): void;
}

export interface AppendFigures {
  /** Appends that resolved. */
  readonly appended: number;
  /** Appends that ended in an error, for whatever reason. */
  readonly refused: number;
  readonly waitingDrafts: number;
  readonly waitingBytes: number;
}

interface Waiter {
  readonly resolve: (at: Seq) => void;
  readonly reject: (error: LedgerError) => void;
  readonly bytes: number;
}

/** Some appends of one tick: one message to the writer. */
interface Part {
  readonly batch: BatchWriter;
  readonly waiters: Waiter[];
  settled: number;
}

/**
 * Numbers drafts in the order of the calls, posts those of one tick for one commit and settles each when the writer says
 * that it is durable. When a commit fails, all that waits is refused and numbering resumes where the ledger ends:
 * the generation tells the writer which batches were posted before it.
 */
export class AppendQueue {
  readonly #options: AppendQueueOptions;
  readonly #posted: Part[] = [];
  #part: Part | undefined;
  #isFlushPlanned = false;
  #patience: NodeJS.Timeout | undefined;
  #next: number;
  #durable: number;
  #generation = 0;
  #isTurnUsed = false;
  /** ms: until when the turns of the event loop look for the writer's answer; 0 when none does. */
  #lookUntil = 0;
  #seenCommits = 0;
  #refusal: LedgerError | undefined;
  #appended = 0;
  #refused = 0;
  #waitingDrafts = 0;
  #waitingBytes = 0;
  #lastPartBytes = 0;
  readonly #whenEmpty: (() => void)[] = [];

  constructor(options: AppendQueueOptions) {
    this.#options = options;
    this.#durable = options.head;
    this.#next = options.head + 1;
  }

  /** The newest seq that is on disk, and whose caller knows it or is about to. */
  get durable(): Seq {
    return seq(this.#durable);
  }

  figures(): AppendFigures {
    return {
      appended: this.#appended,
      refused: this.#refused,
      waitingDrafts: this.#waitingDrafts,
      waitingBytes: this.#waitingBytes,
    };
  }

  /** @param canWait  Nothing is held up by it: it may become durable some milliseconds later. */
  append(draft: RecordDraft, canWait = false): Promise<Seq> {
    return new Promise((resolve, reject) => {
      try {
        this.#add(draft, resolve, reject);
        this.#planFlush(canWait);
      } catch (error) {
        this.#refused += 1;
        reject(error instanceof Error ? error : new TypeError(String(error)));
      }
    });
  }

  /** Refuses from now on. What waits goes on waiting: it may still become durable. */
  refuseNew(error: LedgerError): void {
    this.#refusal ??= error;
  }

  /** Posts what was appended in this tick without waiting for its end. */
  flush(): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
    this.#post(false);
  }

  /** Resolves when nothing waits any more. */
  empty(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#waitingDrafts === 0) resolve();
      else this.#whenEmpty.push(resolve);
    });
  }

  /** The writer says that everything up to here is on disk. A message may come after what was seen in memory. */
  durableUpTo(newest: number): void {
    this.#durable = Math.max(this.#durable, newest);
    if (!this.#isTurnUsed) this.#settleSome();
  }

  /** The writer could not commit. */
  refusedFrom({ failure, next, generation }: AppendsRefused): void {
    this.#durable = next - 1;
    // What was announced before is in `next`: it must not look like news from a disk that takes records again.
    this.#seenCommits = this.#options.signal.commits;
    this.#generation = generation;
    this.refuseAll(new LedgerError(failure));
    this.#next = next;
  }

  /** Settles what is known to be durable and rejects all the rest. */
  refuseAll(error: LedgerError): void {
    this.#settle(Number.POSITIVE_INFINITY);
    const parts = this.#posted.splice(0);
    if (this.#part !== undefined) parts.push(this.#part);
    this.#part = undefined;
    for (const { waiters, settled } of parts) {
      for (const waiter of waiters.slice(settled)) {
        this.#forget(waiter);
        this.#refused += 1;
        waiter.reject(error);
      }
    }
    this.#tellIfEmpty();
  }

  #add(draft: RecordDraft, resolve: (at: Seq) => void, reject: (error: LedgerError) => void): void {
    if (this.#refusal !== undefined) throw this.#refusal;
    const body = canonicalBody(draft);
    const bytes = Buffer.byteLength(body);
    if (bytes > MAX_BODY_BYTES) {
      const detail = `a ${draft.kind} record of ${bytes} bytes, at most ${MAX_BODY_BYTES}`;
      throw new LedgerError({ code: "record.tooLarge", detail });
    }
    if (this.#waitingDrafts >= MAX_WAITING_DRAFTS || this.#waitingBytes + bytes > MAX_WAITING_BYTES) {
      const detail = `${this.#waitingDrafts} records of ${this.#waitingBytes} bytes wait for the disk`;
      throw new LedgerError({ code: "store.overloaded", detail });
    }
    if (draft.keys?.every(isRecordKey) === false) {
      throw new LedgerError({ code: "record.notJson", detail: `a ${draft.kind} record: a key of it is none` });
    }
    const { clock } = this.#options;
    const { at, stamp } = draft.taken ?? { at: clock.now(), stamp: clock.stamp() };
    const part = this.#partFor(stamp.bootId);
    part.batch.add({
      at: instant(Math.trunc(at)),
      stamp,
      kind: draft.kind,
      terminal: draft.terminal,
      token: draft.cardToken,
      keys: draft.keys,
      body,
      bodyBytes: bytes,
    });
    part.waiters.push({ resolve, reject, bytes });
    this.#next += 1;
    this.#waitingDrafts += 1;
    this.#waitingBytes += bytes;
  }

  #partFor(bootId: string): Part {
    const open = this.#part;
    if (open !== undefined && (open.waiters.length >= PART_DRAFTS || open.batch.bootId !== bootId)) this.#post(true);
    this.#part ??= {
      batch: new BatchWriter(this.#generation, this.#next, bootId, this.#lastPartBytes),
      waiters: [],
      settled: 0,
    };
    return this.#part;
  }

  #planFlush(canWait: boolean): void {
    if (this.#isFlushPlanned) return;
    if (canWait) {
      this.#patience ??= setTimeout(() => this.flush(), PATIENCE_MS);
      return;
    }
    this.#isFlushPlanned = true;
    // After all callbacks and promise jobs of this turn, whose appends then share one commit.
    process.nextTick(() => {
      this.#isFlushPlanned = false;
      this.flush();
    });
  }

  #post(hasMore: boolean): void {
    const part = this.#part;
    if (part === undefined) return;
    this.#part = undefined;
    this.#lastPartBytes = part.batch.bytes;
    this.#posted.push(part);
    this.#options.post(part.batch.finish(hasMore));
    this.#look();
  }

  /** Looks for the answer once a turn of the event loop, for a moment: a fast disk answers before a message would. */
  #look(): void {
    if (!this.#options.mayLook()) return;
    const isLooking = this.#lookUntil > 0;
    this.#lookUntil = performance.now() + LOOK_MS;
    if (isLooking) return;
    this.#options.signal.watch(true);
    setImmediate(() => this.#lookAgain());
  }

  #lookAgain(): void {
    this.#takeSeen();
    if (this.#posted.length > 0 && performance.now() < this.#lookUntil) {
      setImmediate(() => this.#lookAgain());
      return;
    }
    this.#lookUntil = 0;
    this.#options.signal.watch(false);
    this.#takeSeen();
  }

  #takeSeen(): void {
    const { commits, newest } = this.#options.signal;
    if (commits === this.#seenCommits) return;
    this.#seenCommits = commits;
    this.durableUpTo(newest);
  }

  /** Once in a turn of the event loop, so that a flood of answers cannot keep it from its other work. */
  #settleSome(): void {
    this.#settle(MAX_SETTLED_AT_ONCE);
    this.#isTurnUsed = true;
    setImmediate(() => {
      this.#isTurnUsed = false;
      const [oldest] = this.#posted;
      if (oldest !== undefined && oldest.batch.first + oldest.settled <= this.#durable) this.#settleSome();
    });
    this.#options.onDurable();
  }

  #settle(atMost: number): void {
    let remaining = atMost;
    for (let part = this.#posted[0]; part !== undefined && remaining > 0; part = this.#posted[0]) {
      const { batch, waiters } = part;
      const durable = Math.max(this.#durable - batch.first + 1, 0);
      for (const waiter of waiters.slice(part.settled, Math.min(durable, part.settled + remaining))) {
        this.#forget(waiter);
        this.#appended += 1;
        waiter.resolve(seq(batch.first + part.settled));
        part.settled += 1;
        remaining -= 1;
      }
      if (part.settled < waiters.length) break;
      this.#posted.shift();
    }
    this.#tellIfEmpty();
  }

  #forget({ bytes }: Waiter): void {
    this.#waitingDrafts -= 1;
    this.#waitingBytes -= bytes;
  }

  #tellIfEmpty(): void {
    if (this.#waitingDrafts > 0) return;
    for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }
}

/** @throws LedgerError `record.notJson` */
function canonicalBody({ kind, body }: RecordDraft): string {
  try {
    const text = canonicalJson(body);
    if (text.startsWith("{")) return text;
  } catch (cause) {
    const detail = `a ${kind} record: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new LedgerError({ code: "record.notJson", detail }, { cause });
  }
  throw new LedgerError({ code: "record.notJson", detail: `a ${kind} record: its body is an array` });
}
