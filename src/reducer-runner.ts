import { keyOf, recordWithin } from "./domain/carried.ts";
import { momentOf } from "./domain/clock.ts";
import { RECORD_KINDS, type RecordDraft, type RecordKind, type Seq, seq } from "./domain/record.ts";
import type { RecordInput, Reducer } from "./domain/reducer.ts";
import { isName, terminalId } from "./domain/terminal.ts";
import { Reduction } from "./reduction.ts";
import type { Clock } from "./runtime/clock.ts";
import type { Log } from "./runtime/log.ts";
import { isShutdown, type Task } from "./runtime/task.ts";

interface LedgerRow {
  readonly seq: Seq;
  readonly kind: RecordKind;
  /** Canonical JSON in UTF-8. */
  readonly envelope: Buffer;
}

/** What running reducers needs of the ledger. */
export interface ReducerSource {
  /** The newest record. */
  readonly durable: Seq;
  /** The oldest record that retention has left. */
  readonly first?: Seq;
  /** Headquarters holds everything up to here. */
  mark(): Seq;
  page(from: Seq, limit: number): Promise<readonly LedgerRow[]>;
  listen(): { wait(timeoutMs: number, signal: AbortSignal): Promise<void> } & Disposable;
  loadSnapshot(name: string): Promise<{ readonly seq: Seq; readonly state: string } | undefined>;
  saveSnapshot(name: string, upTo: Seq, state: string): Promise<void>;
  /** Records that this snapshot does not cover must not be freed. */
  needs?(name: string): void;
  /** They may be, as far as this one goes. */
  needsNoMore?(name: string): void;
}

/** A reducer that runs. */
export interface Running<State> {
  /** As of this moment; `undefined` until it has caught up with the ledger for the first time, and after it failed. */
  present(): State | undefined;
  /** What it threw. It runs again from its last snapshot after a restart. */
  readonly failure: string | undefined;
  /** The first record that counts; beyond 1 when retention had freed those before it. */
  readonly from: Seq;
}

export interface ReducerRunnerDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Writes what reducers derive. Rejects when it is not on disk; it may come to be there all the same. */
  readonly record: (draft: RecordDraft) => Promise<Seq>;
}

/** Records a page: parsing them takes the main thread a millisecond, in which no sale is served. */
const PAGE = 100;
/** After a ring others follow: in a flood pages are then full. ms. */
const GATHER_MS = 50;
const TICK_MS = 60_000;
/** A replay is some 100,000 records a second, a snapshot some hundred kilobytes of flash. */
const RECORDS_BETWEEN_SNAPSHOTS = 5_000;
/** In a flood packing them would take a tenth of the main thread. ms. */
const MS_BETWEEN_SNAPSHOTS = 10_000;
/** After a page that could not be read. ms. */
const RETRY_MS = 10_000;

/**
 * Feeds reducers from the ledger, by a cursor behind their snapshots. A start does not wait for it, and no sale does:
 * what it derives may be behind, or missing, and says so.
 */
export class ReducerRunner implements Task {
  readonly name = "reducers";
  readonly #source: ReducerSource;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #record: ReducerRunnerDeps["record"];
  readonly #reductions: Reduction<unknown>[] = [];
  #savedAt = 0;
  #savedMs = Number.NEGATIVE_INFINITY;
  #tickAt = 0;
  #isCaughtUp = false;

  constructor(source: ReducerSource, { clock, log, record }: ReducerRunnerDeps) {
    this.#source = source;
    this.#record = record;
    this.#clock = clock;
    this.#log = log;
  }

  /** Before `run`. */
  add<State>(reducer: Reducer<State>): Running<State> {
    const reduction = new Reduction(reducer);
    this.#reductions.push(reduction);
    this.#source.needs?.(reduction.name);
    return {
      present: () => {
        if (!this.#isCaughtUp) return undefined;
        this.#tick(reduction);
        return reduction.failure === undefined ? reduction.state : undefined;
      },
      get failure() {
        return reduction.failure;
      },
      get from() {
        return reduction.from;
      },
    };
  }

  async run(signal: AbortSignal): Promise<void> {
    using listener = this.#source.listen();
    try {
      await this.#restore();
      for (;;) {
        const isAtHead = await this.#readOn(signal);
        // Not before: what a replay derives again may stand further on.
        if (isAtHead) await this.#writeDerived();
        const waitMs = isAtHead ? this.#tickIfDue() : RETRY_MS;
        await this.#saveIfDue();
        await listener.wait(waitMs, signal);
        await this.#clock.sleep(GATHER_MS, signal);
      }
    } catch (error) {
      if (!isShutdown(error, signal)) throw error;
      if (this.#next() - 1 > this.#savedAt) await this.#saveAll();
    }
  }

  async #restore(): Promise<void> {
    for (const reduction of this.#reductions) {
      try {
        const snapshot = await this.#source.loadSnapshot(reduction.name);
        if (snapshot !== undefined) reduction.restore(snapshot.seq, snapshot.state);
      } catch (error) {
        this.#log.warn("reducer.snapshotNotRead", { reducer: reduction.name, error });
      }
    }
    this.#savedAt = this.#next() - 1;
  }

  /** @returns whether everything up to the head was read. */
  async #readOn(signal: AbortSignal): Promise<boolean> {
    try {
      for (let next = this.#next(); next <= this.#source.durable; next = this.#next()) {
        signal.throwIfAborted();
        this.#skipFreed();
        const page = await this.#source.page(this.#next(), PAGE);
        for (const row of page) this.#feed(row);
        if (page.length === 0) return false;
      }
      this.#isCaughtUp = true;
      return true;
    } catch (error) {
      if (signal.aborted) throw error;
      this.#log.warn("reducer.ledgerNotRead", { next: this.#next(), error });
      return false;
    }
  }

  /** The first record that one of them has not seen. */
  #next(): Seq {
    return seq(Math.min(this.#source.durable, ...this.#reductions.map(({ upTo }) => upTo)) + 1);
  }

  #skipFreed(): void {
    const { first } = this.#source;
    if (first === undefined) return;
    for (const reduction of this.#reductions) {
      if (reduction.upTo + 1 >= first) continue;
      this.#log.warn("reducer.recordsFreed", { reducer: reduction.name, after: reduction.upTo, from: first });
      reduction.beginAt(first);
    }
  }

  #feed(row: LedgerRow): void {
    const input = this.#isWanted(row.kind) ? inputOf(row) : undefined;
    for (const reduction of this.#reductions) {
      if (row.seq <= reduction.upTo) continue;
      if (input !== undefined && reduction.kinds.has(input.kind)) this.#give(reduction, input);
      reduction.passed(row.seq);
    }
  }

  #isWanted(kind: RecordKind): boolean {
    return kind === "carried" || this.#reductions.some(({ kinds }) => kinds.has(kind));
  }

  #give(reduction: Reduction<unknown>, input: RecordInput): void {
    const hadFailed = reduction.failure !== undefined;
    reduction.take(input);
    if (hadFailed || reduction.failure === undefined) return;
    this.#log.error("reducer.failed", { reducer: reduction.name, seq: input.seq, reason: reduction.failure });
    // Its snapshots end here, and must not keep the disk full.
    this.#source.needsNoMore?.(reduction.name);
  }

  /** In order, one by one: what is in the ledger proves that all before it is. */
  async #writeDerived(): Promise<void> {
    for (const reduction of this.#reductions) {
      for (const draft of reduction.takeDerived()) {
        try {
          await this.#record(draft);
        } catch (error) {
          // The recorder holds what the disk refused; the log is for what it could not hold either.
          this.#log.warn("reducer.derivedNotWritten", { reducer: reduction.name, error });
        }
      }
    }
  }

  #tick(reduction: Reduction<unknown>): void {
    const now = { at: this.#clock.now(), clock: this.#clock.stamp() };
    reduction.take({ type: "tick", now, mark: this.#source.mark() });
  }

  /** @returns ms until the next tick that somebody waits for. */
  #tickIfDue(): number {
    const now = this.#clock.monotonicMs();
    const deadlines = (): number[] => this.#reductions.flatMap(({ deadline }) => deadline ?? []);
    if (now >= Math.min(this.#tickAt, ...deadlines())) {
      for (const reduction of this.#reductions) this.#tick(reduction);
      this.#tickAt = now + TICK_MS;
    }
    return Math.max(Math.min(this.#tickAt, ...deadlines()) - now, GATHER_MS);
  }

  async #saveIfDue(): Promise<void> {
    if (this.#next() - 1 - this.#savedAt < RECORDS_BETWEEN_SNAPSHOTS) return;
    const now = this.#clock.monotonicMs();
    if (now - this.#savedMs < MS_BETWEEN_SNAPSHOTS) return;
    this.#savedMs = now;
    await this.#saveAll();
  }

  async #saveAll(): Promise<void> {
    this.#savedAt = this.#next() - 1;
    for (const reduction of this.#reductions) {
      if (reduction.failure !== undefined || reduction.upTo === 0 || reduction.owes) continue;
      const { name, upTo, text } = reduction.pack();
      try {
        await this.#source.saveSnapshot(name, upTo, text);
      } catch (error) {
        this.#log.warn("snapshot.notSaved", { reducer: name, error });
      }
    }
  }
}

/** `undefined` for what is no record of ours: the fold goes on without it, and `journal verify` names it. */
function inputOf({ seq: at, envelope }: LedgerRow): RecordInput | undefined {
  const parsed = parsedObject(envelope.toString("utf8"));
  if (parsed === undefined) return undefined;
  const within: Readonly<Record<string, unknown>> = recordWithin({ ...parsed });
  const kind = RECORD_KINDS.find((known) => known === within["kind"]);
  const moment = momentOf(within);
  if (kind === undefined || moment === undefined) return undefined;
  const { terminal } = within;
  const carried = "kind" in parsed && parsed.kind === "carried" ? keyOf(within) : undefined;
  return {
    type: "record",
    seq: at,
    kind,
    moment,
    body: within["body"],
    ...(carried === undefined ? {} : { carried }),
    ...(typeof terminal === "string" && isName(terminal) ? { terminal: terminalId(terminal) } : {}),
  };
}

function parsedObject(text: string): object | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
}
