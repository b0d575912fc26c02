/**
 * "There is something new": no payload, no queue. Consumers then read the ledger by their own cursor.
 * A ring while nobody waits is remembered once.
 */
export class WakeUp {
  #rung = false;
  #waiting: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#waiting?.();
  }

  /** Resolves at the next ring (at once when one is pending), after `timeoutMs`, or when the signal fires. One waiter at a time. */
  async wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (!this.#rung && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          signal.removeEventListener("abort", done);
          this.#waiting = undefined;
          resolve();
        };
        const timer = setTimeout(done, timeoutMs);
        signal.addEventListener("abort", done);
        this.#waiting = done;
      });
    }
    this.#rung = false;
  }
}
