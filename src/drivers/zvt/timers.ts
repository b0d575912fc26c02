import type { Clock } from "../../runtime/clock.ts";

/** Named timers of one session; setting one again begins it anew. All of them end with the session. */
export class Timers<Name extends string> {
  readonly #clock: Clock;
  readonly #fired: (name: Name) => void;
  readonly #running = new Map<Name, AbortController>();

  constructor(clock: Clock, fired: (name: Name) => void) {
    this.#clock = clock;
    this.#fired = fired;
  }

  set(name: Name, ms: number): void {
    this.clear(name);
    const stop = new AbortController();
    this.#running.set(name, stop);
    void this.#wait(name, ms, stop);
  }

  clear(name: Name): void {
    this.#running.get(name)?.abort();
    this.#running.delete(name);
  }

  clearAll(): void {
    for (const name of Array.from(this.#running.keys())) this.clear(name);
  }

  async #wait(name: Name, ms: number, stop: AbortController): Promise<void> {
    // Rejects when it is cleared.
    await this.#clock.sleep(ms, stop.signal).catch(() => undefined);
    if (this.#running.get(name) !== stop) return;
    this.#running.delete(name);
    this.#fired(name);
  }
}
