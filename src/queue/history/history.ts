import {
  type HistoryHour,
  type HistoryPoint,
  type HistoryQuery,
  joined,
  type SeriesSpan,
  STEP_MS,
  type StoredSeries,
} from "../../domain/history.ts";
import type { Clock } from "../../runtime/clock.ts";
import { HistoryBook } from "./history-book.ts";

/** So that curves do not wear the flash: a crash loses as much of them. ms. */
const WRITE_EVERY_MS = 600_000;

export interface HistoryDeps {
  readonly clock: Clock;
  /** May reject: what was handed over is then gone. */
  readonly write: (hours: readonly HistoryHour[]) => Promise<unknown>;
  readonly read: (query: HistoryQuery) => Promise<readonly HistoryPoint[]>;
  readonly list: () => Promise<StoredSeries>;
}

/** The past of every figure: what is on disk, and what is not written yet, as one. Lives on the main thread. */
export class History {
  readonly #deps: HistoryDeps;
  readonly #book = new HistoryBook();
  #writtenAtMs: number;
  /** One after the other: nothing is read twice or missed because it is just being written. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(deps: HistoryDeps) {
    this.#deps = deps;
    this.#writtenAtMs = deps.clock.monotonicMs();
  }

  add(series: string, value: number): void {
    const { clock } = this.#deps;
    const { monotonicMs, synced } = clock.stamp();
    this.#book.add({ series, at: clock.now(), mono: monotonicMs, isSynced: synced, value });
  }

  async flushIfDue(): Promise<void> {
    if (this.#deps.clock.monotonicMs() - this.#writtenAtMs >= WRITE_EVERY_MS) await this.flush(false);
  }

  /** Resolves when what was measured is written, or given up. @param isEnding  Nothing waits for the clock any longer. */
  async flush(isEnding: boolean): Promise<void> {
    await this.#inTurn(async () => {
      const { clock, write } = this.#deps;
      this.#writtenAtMs = clock.monotonicMs();
      const hours = this.#book.take(this.#writtenAtMs, isEnding);
      if (hours.length === 0) return;
      try {
        await write(hours);
      } catch {
        // The writer has said why; curves are not worth more words.
      }
    });
  }

  /** In order of time; gaps stay gaps. */
  async points(query: HistoryQuery): Promise<readonly HistoryPoint[]> {
    return this.#inTurn(async () => joined(await this.#deps.read(query), this.#book.points(query)));
  }

  /** By name. */
  async series(): Promise<StoredSeries> {
    return this.#inTurn(async () => {
      const { series, dropped } = await this.#deps.list();
      const spans = new Map(series.map((one) => [one.series, one]));
      for (const { series: name, hour } of this.#book.hours()) {
        const at = hour * STEP_MS.hour;
        const { first, last } = spans.get(name) ?? { first: at, last: at };
        const span: SeriesSpan = { series: name, first: Math.min(first, at), last: Math.max(last, at) };
        spans.set(name, span);
      }
      return {
        series: [...spans.values()].toSorted((a, b) => (a.series < b.series ? -1 : 1)),
        dropped: dropped + this.#book.dropped,
      };
    });
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}
