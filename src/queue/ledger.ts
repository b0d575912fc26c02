import type { CardToken } from "../domain/card.ts";
import type { HistoryPoint, HistoryQuery, StoredSeries } from "../domain/history.ts";
import type { FreedStream } from "../domain/gap.ts";
import { type ChainPoint, type RecordDraft, type Seq, seq, type StreamId } from "../domain/record.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import type { AppendFigures, AppendQueue } from "./append-queue.ts";
import type { Bell, Listener } from "./bell.ts";
import type { CardKey } from "./card-key.ts";
import { type ChainReport, checkChain, type VerifyOptions } from "./chain-report.ts";
import type { CommitFigures, CommitTimes } from "./commit-times.ts";
import { DeliveryMark } from "./delivery-mark.ts";
import { History } from "./history/history.ts";
import { LedgerError, type LedgerErrorCode } from "./ledger-error.ts";
import type {
  OpenedAs,
  ReaderAnswer,
  ReaderRequest,
  SampleQuery,
  Snapshot,
  StoredSample,
  WriterAnswer,
  WriterRequest,
} from "./messages.ts";
import { type StoredRecord, unpackPage } from "./page.ts";
import { SampleBuffer } from "./sample-buffer.ts";
import type { SpaceFigures } from "./space.ts";
import type { SpaceView } from "./space-view.ts";
import type { StoreThread } from "./store-thread.ts";
import { tidyUntil } from "./tidying.ts";
import { countQuarantined } from "./set-aside.ts";
import { type Integrity, StreamEndWatch } from "./stream-end-watch.ts";

/**
 * - `moved`: the mark stands there now. `known`: it stood there, or further, already.
 * - `beyondHead`: HQ confirms what this ledger never held; nothing moved.
 */
export type Confirmation = "moved" | "known" | "beyondHead";

export type LedgerFigures = AppendFigures & CommitFigures;

/** What `openLedger` puts together. */
export interface LedgerParts {
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly stream: StreamId;
  readonly mark: Seq;
  readonly openedAs: OpenedAs;
  readonly writer: StoreThread<WriterRequest, WriterAnswer>;
  readonly reader: StoreThread<ReaderRequest, ReaderAnswer>;
  readonly appends: AppendQueue;
  readonly bell: Bell;
  readonly commitTimes: CommitTimes;
  readonly space: SpaceView;
  readonly cardKey: CardKey;
  readonly lost: AbortSignal;
}

/** UTF-16 units. A larger state would make a start slow and the writer late for a sale. */
const MAX_SNAPSHOT_LENGTH = 16 * 1024 * 1024;
/** A page that cannot be read because of these is damaged. */
const BROKEN: ReadonlySet<LedgerErrorCode> = new Set<LedgerErrorCode>(["store.damaged", "record.missing"]);
/** For the disk to take what waits, and again for each thread to end: together below systemd's 90 s. */
const CLOSE_WITHIN_MS = 10_000;

/**
 * The truth: what happened, in order, on disk, chained by hashes. The main thread numbers and stamps, the writer thread
 * commits, the reader thread reads. Made by `openLedger`; disposing it waits for what was appended, within 30 s.
 */
export class Ledger implements AsyncDisposable {
  readonly stream: StreamId;
  /** Fires, with a LedgerError, when a store thread died: the process should end and be restarted. */
  readonly lost: AbortSignal;
  /** What the open found and did. */
  readonly openedAs: OpenedAs;
  readonly #parts: LedgerParts;
  readonly #streamEnd: StreamEndWatch;
  readonly #mark: DeliveryMark;
  readonly #needs = new Set<string>();
  readonly #samples: SampleBuffer;
  readonly #history: History;
  readonly #stop = new AbortController();
  readonly #tidying: Promise<void>;
  #closing: Promise<void> | undefined;
  #keepFrom: Seq | undefined;

  constructor(parts: LedgerParts) {
    this.#parts = parts;
    this.stream = parts.stream;
    this.lost = parts.lost;
    this.openedAs = parts.openedAs;
    this.#streamEnd = new StreamEndWatch(async (because, reason) => {
      await parts.writer.ask({ type: "orderNewStream", because, reason });
    }, parts.log);
    this.#mark = new DeliveryMark(parts.mark, async (upTo) => {
      await parts.writer.ask({ type: "confirm", upTo });
    });
    this.#samples = new SampleBuffer(parts.clock, (samples) => parts.writer.ask({ type: "sample", samples }));
    this.#history = new History({
      clock: parts.clock,
      write: async (hours) => parts.writer.ask({ type: "history", hours }),
      read: async (query) => (await parts.reader.ask({ type: "history", query })).points,
      list: async () => (await parts.reader.ask({ type: "historySeries" })).stored,
    });
    this.#tidying = tidyUntil(
      {
        ...parts,
        samples: [this.#samples, this.#history],
        durable: () => this.durable,
        needs: () => [...this.#needs],
        keepFrom: () => this.#keepFrom,
      },
      this.#stop.signal,
    );
  }

  /**
   * Resolves when the record is on disk. The order of calls is the order of seqs; body and clock are taken at the call.
   *
   * @param canWait  Nothing is held up by it: for a few milliseconds it waits for another record to share its commit.
   *
   * @throws LedgerError when it cannot be recorded; nothing of it is then in the ledger:
   *   `record.tooLarge`, `record.notJson`, `store.overloaded` (20,000 drafts or 16 MiB wait already),
   *   `store.closed`, `store.threadLost`, or what the disk said: `store.full`, `store.ioError`, `store.readOnly`, ….
   */
  append(draft: RecordDraft, canWait = false): Promise<Seq> {
    return this.#parts.appends.append(draft, canWait);
  }

  /** The newest seq that is on disk; 0 before the first. */
  get durable(): Seq {
    return this.#parts.appends.durable;
  }

  /** The oldest record that is here: retention has freed those before it. One above `durable` when there is none. */
  get first(): Seq {
    return seq(this.#parts.space.figures.floor + 1);
  }

  /** What retention has freed by now of the streams whose records this ledger took over: its own begins at `first`. */
  async freedEarlier(): Promise<readonly FreedStream[]> {
    return (await this.#parts.reader.ask({ type: "freedEarlier" })).freed;
  }

  /**
   * Why a till must not begin a new payment now: the disk refused the newest record, its reserve is used up, or the quota is.
   * `undefined` when it may. What happens all the same, on the relay, is appended as long as the disk takes it.
   */
  get refusesMoneyBecause(): LedgerError | undefined {
    return this.#parts.space.refusal;
  }

  /** What the store takes and what is left, as of the last look: once a second while records come, else once a minute. */
  get space(): SpaceFigures {
    return this.#parts.space.figures;
  }

  /** The newest durable record's seq and hash. */
  async head(): Promise<ChainPoint> {
    return (await this.#parts.writer.ask({ type: "head" })).head;
  }

  /** An ear for new records, one for each consumer, who then reads by a cursor of its own. Dispose it when done. */
  listen(): Listener {
    return this.#parts.bell.listen();
  }

  /**
   * Records from `from` on, in order, without gaps: up to `limit` of them and about 2 MiB, so possibly fewer; none beyond the head.
   *
   * @param limit  1..500.
   * @param isProven  Whether each one's hash is computed again, so that nothing comes that is not what was written.
   * @throws LedgerError `record.freed` below `first`; `record.missing`, `store.damaged` when the ledger is not whole there.
   */
  async page(from: Seq, limit: number, isProven = false): Promise<readonly StoredRecord[]> {
    try {
      return unpackPage((await this.#parts.reader.ask({ type: "page", from, limit, isProven })).page);
    } catch (error) {
      if (error instanceof LedgerError && BROKEN.has(error.code)) await this.#damagedAt(from, error);
      throw error;
    }
  }

  /**
   * The newest record under this key (`RecordDraft.keys`), as soon as its append has resolved, and after a restart at once.
   * A key is remembered for at least 90 days, longer than its record may be here.
   *
   * @returns `freed` when there was one that is not here any more.
   * @throws LedgerError when it cannot be read: then nobody knows.
   */
  async find(key: string): Promise<StoredRecord | "freed" | undefined> {
    const { found } = await this.#parts.reader.ask({ type: "find", key });
    return found === undefined || found === "freed" ? found : unpackPage(found)[0];
  }

  /** What stands before the first record that HQ has not confirmed is in nobody's way. */
  async #damagedAt(from: Seq, error: LedgerError): Promise<void> {
    try {
      await this.#streamEnd.damaged(`record ${from}: ${error.detail}`, from > this.#mark.at);
    } catch (cause) {
      this.#parts.log.error("ledger.streamGoesOn", { reason: String(cause) });
    }
  }

  /** HQ holds everything up to here. Zero when it never confirmed. */
  mark(): Seq {
    return this.#mark.at;
  }

  /** Moves the mark; resolves when that is stored (it survives the process; after a power loss it may stand a little further back). */
  async confirm(upTo: Seq): Promise<Confirmation> {
    if (upTo > this.durable) {
      this.#parts.log.warn("ledger.confirmedBeyondHead", { upTo, head: this.durable, stream: this.stream });
      return "beyondHead";
    }
    if (upTo <= this.#mark.at) return "known";
    await this.#mark.advance(upTo);
    return "moved";
  }

  /** HQ has lost what it had confirmed: the mark goes back to here. Resolves when that is stored. */
  async regress(upTo: Seq): Promise<void> {
    await this.#mark.regress(upTo, async (to) => {
      await this.#parts.writer.ask({ type: "regress", upTo: to });
    });
  }

  /**
   * Records that retention must not free, although they may be below the mark: parked ones, which nobody else has. Replaces
   * what was named before.
   */
  keep(seqs: readonly Seq[]): void {
    this.#keepFrom = seqs.length === 0 ? undefined : seq(Math.min(...seqs));
  }

  /**
   * HQ says that it holds this stream up to here, which is more than this ledger ever wrote: it comes from a backup or a
   * copy. The next open begins a new stream. Resolves when that is ordered, which survives a power loss.
   */
  async noteBehindHq(upTo: Seq): Promise<void> {
    if (upTo <= this.durable) return;
    await this.#streamEnd.behindHq(`headquarters holds record ${upTo}, the newest here is ${this.durable}`);
  }

  /**
   * HQ holds another record under this key than this ledger does: the newest records were lost here, and their numbers used
   * again. As `noteBehindHq`: the next open carries everything over into a stream whose numbers are free.
   */
  async noteDiffersFromHq(at: Seq): Promise<void> {
    await this.#streamEnd.behindHq(`headquarters holds another record ${at} than this ledger`);
  }

  /** Damaged ledgers that stand beside this one, until a person moves them away. */
  quarantined(): number {
    return countQuarantined(this.#parts.directory);
  }

  /** Fires, its reason in words, when the process should soon end, so that the ledger can begin a new stream. */
  get reopening(): AbortSignal {
    return this.#streamEnd.reopening;
  }

  /** Whether all records are what was written, as far as that was looked at since the open. */
  get integrity(): Integrity {
    return this.#streamEnd.integrity;
  }

  /**
   * Computes every hash again, with a pause between parts so that nothing waits for it, and remembers what it finds: damage
   * is mended by the next open. @throws the signal's reason.
   */
  async checkIntegrity(pauseMs: number, signal: AbortSignal): Promise<Integrity> {
    const { clock } = this.#parts;
    const { firstBad } = await this.verify({ signal, pause: async () => clock.sleep(pauseMs, signal) });
    if (firstBad === undefined) this.#streamEnd.passed();
    else await this.#streamEnd.damaged(`record ${firstBad.seq}: ${firstBad.reason}`, firstBad.seq > this.#mark.at);
    return this.integrity;
  }

  /** Keeps a reducer's state after it saw `at`; the last one per name stays. @throws LedgerError `snapshot.tooLarge` over 16 Mi characters. */
  async saveSnapshot(name: string, at: Seq, state: string): Promise<void> {
    if (state.length > MAX_SNAPSHOT_LENGTH) {
      throw new LedgerError({ code: "snapshot.tooLarge", detail: `${name} has ${state.length} characters` });
    }
    await this.#parts.writer.ask({ type: "saveSnapshot", name, seq: at, state });
  }

  /** `undefined` when there is none for this stream: the reducer replays from the first record. */
  async loadSnapshot(name: string): Promise<Snapshot | undefined> {
    return (await this.#parts.writer.ask({ type: "loadSnapshot", name })).snapshot;
  }

  /**
   * From now on records are freed only as far as this consumer's snapshot reaches: it replays the rest after a restart. One
   * that has no snapshot yet keeps everything that is still here.
   */
  needs(name: string): void {
    this.#needs.add(name);
  }

  /** This consumer has stopped for good: nothing is kept for it any more. */
  needsNoMore(name: string): void {
    this.#needs.delete(name);
  }

  /** Keeps a measured value in the telemetry ring, and a figure in the history too, in its own time: never waits, never fails. A loss costs a curve a point. */
  sample(series: string, value: number | string): void {
    this.#samples.add(series, value);
    if (typeof value === "number") this.#history.add(series, value);
  }

  /**
   * What was measured of one series, by the minute (kept 35 days) or by the hour (400 days), in order of time. A point is there
   * only where something was measured. Nothing, not even reading a year, stands before a sale.
   */
  async history(query: HistoryQuery): Promise<readonly HistoryPoint[]> {
    return this.#history.points(query);
  }

  /** Every series that has a past here, by name. */
  async historySeries(): Promise<StoredSeries> {
    return this.#history.series();
  }

  /** Samples of one series, oldest first. @param query  `from` 0 begins at the oldest; `limit` 1..10,000. */
  async samples(query: SampleQuery): Promise<readonly StoredSample[]> {
    await this.#samples.flush();
    return (await this.#parts.reader.ask({ type: "samples", ...query })).samples;
  }

  /** Checks every hash from the oldest record up to the present head. @throws the signal's reason. */
  verify(options?: VerifyOptions): Promise<ChainReport> {
    return checkChain(
      this.durable,
      async (from, prevHash, limit) => (await this.#parts.reader.ask({ type: "check", from, prevHash, limit })).checked,
      options,
    );
  }

  /** Keyed hash that recognises a card again within a week. The digits are not kept. */
  tokenise(panDigits: string): CardToken {
    return this.#parts.cardKey.tokenise(panDigits);
  }

  counters(): LedgerFigures {
    return { ...this.#parts.appends.figures(), ...this.#parts.commitTimes.figures() };
  }

  /** What the open database says: `wal` and 2 (FULL), or `delete` and 3 (EXTRA), or something is wrong. */
  async durability(): Promise<{ readonly journalMode: string; readonly synchronous: number }> {
    const { journalMode, synchronous } = await this.#parts.writer.ask({ type: "durability" });
    return { journalMode, synchronous };
  }

  /** For `/livez`: resolves when both store threads answered. @throws LedgerError `store.notAnswering` after `withinMs`. */
  async alive(withinMs: number): Promise<void> {
    const { clock, reader, writer } = this.#parts;
    const done = new AbortController();
    const tooLate = async (): Promise<never> => {
      await clock.sleep(withinMs, done.signal);
      throw new LedgerError({ code: "store.notAnswering", detail: `no answer within ${withinMs} ms` });
    };
    try {
      await Promise.race([Promise.all([writer.ask({ type: "ping" }), reader.ask({ type: "ping" })]), tooLate()]);
    } finally {
      done.abort();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { appends, clock, log } = this.#parts;
    const closed = new LedgerError({ code: "store.closed", detail: "the ledger is closed" });
    this.#stop.abort(closed);
    appends.refuseNew(closed);
    appends.flush();
    const written = new AbortController();
    const patience = clock.sleep(CLOSE_WITHIN_MS, written.signal);
    await Promise.race([appends.empty(), patience]);
    written.abort();
    const endings = await Promise.allSettled([
      this.#tidying,
      this.#samples.flush(),
      this.#history.flush(true),
      this.#endThreads(),
    ]);
    appends.refuseAll(closed);
    for (const ending of endings) {
      if (ending.status === "rejected") log.warn("ledger.notClosedCleanly", { reason: String(ending.reason) });
    }
  }

  async #endThreads(): Promise<void> {
    const { clock, reader, writer } = this.#parts;
    try {
      // The reader first: while it is open the WAL cannot be emptied.
      await reader.end({ type: "close" }, clock, CLOSE_WITHIN_MS);
    } finally {
      await writer.end({ type: "close" }, clock, CLOSE_WITHIN_MS);
    }
  }
}
