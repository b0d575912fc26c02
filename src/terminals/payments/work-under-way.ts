import type { Clock } from "../../runtime/clock.ts";

/** What must have ended before whoever began it has. */
export class WorkUnderWay {
  readonly #work = new Set<Promise<unknown>>();

  track<T>(work: Promise<T>): Promise<T> {
    this.#work.add(work);
    const forget = (): void => void this.#work.delete(work);
    work.then(forget, forget);
    return work;
  }

  /** Resolves when there is none left, or after `ms`. */
  async ended(clock: Clock, ms: number): Promise<void> {
    const patience = new AbortController();
    const tooLong = clock.sleep(ms, patience.signal).catch(() => undefined);
    await Promise.race([this.#settled(), tooLong]);
    patience.abort();
    await tooLong;
  }

  async #settled(): Promise<void> {
    while (this.#work.size > 0) await Promise.allSettled(this.#work);
  }
}
