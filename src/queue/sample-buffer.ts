import type { Clock } from "../runtime/clock.ts";
import type { Sample } from "./messages.ts";

/** Samples that wait at most; beyond it the oldest go. */
const MAX_WAITING = 1_000;
/** ms between two writes of what came in, so that curves do not wear the flash; a crash loses as much of them. */
const WRITE_EVERY_MS = 300_000;

/** Gathers samples on the main thread and writes many at a time. */
export class SampleBuffer {
  readonly #clock: Clock;
  readonly #write: (samples: readonly Sample[]) => Promise<unknown>;
  #waiting: Sample[] = [];
  #writtenAtMs: number;

  /** @param write  May reject: the samples are then gone. */
  constructor(clock: Clock, write: (samples: readonly Sample[]) => Promise<unknown>) {
    this.#clock = clock;
    this.#write = write;
    this.#writtenAtMs = clock.monotonicMs();
  }

  add(series: string, value: number | string): void {
    const { monotonicMs } = this.#clock.stamp();
    this.#waiting.push({ series, at: Math.trunc(this.#clock.now()), mono: monotonicMs, value });
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift();
  }

  /** Writes what waits when it has waited long enough. */
  async flushIfDue(): Promise<void> {
    if (this.#clock.monotonicMs() - this.#writtenAtMs >= WRITE_EVERY_MS) await this.flush();
  }

  /** Resolves when what waited is written, or given up. */
  async flush(): Promise<void> {
    const samples = this.#waiting;
    this.#waiting = [];
    this.#writtenAtMs = this.#clock.monotonicMs();
    if (samples.length === 0) return;
    try {
      await this.#write(samples);
    } catch {
      // The writer has said why; curves are not worth more words.
    }
  }
}
