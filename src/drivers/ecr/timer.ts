import type { Clock } from "../../runtime/clock.ts";

/** One time-out at a time, on a clock that was handed in. */
export class Timer {
  readonly #clock: Clock;
  #running: AbortController | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** In the place of the one that runs. @param ms  At least 0. */
  start(ms: number, fired: () => void): void {
    this.stop();
    const running = new AbortController();
    this.#running = running;
    void this.#wait(ms, running.signal, fired);
  }

  stop(): void {
    this.#running?.abort();
    this.#running = undefined;
  }

  async #wait(ms: number, signal: AbortSignal, fired: () => void): Promise<void> {
    try {
      await this.#clock.sleep(ms, signal);
    } catch {
      // Stopped.
      return;
    }
    if (signal.aborted) return;
    this.#running = undefined;
    fired();
  }
}
