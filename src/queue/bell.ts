import { WakeUp } from "../runtime/wake-up.ts";

/** One consumer's ear: remembers one ring while nobody waits. Disposing it stops the listening. */
export interface Listener extends Disposable {
  /** Resolves at the next ring (at once when one is pending), after `timeoutMs`, or when the signal fires. */
  wait(timeoutMs: number, signal: AbortSignal): Promise<void>;
}

/** "There is something new" for several consumers, each of which reads by its own cursor. */
export class Bell {
  readonly #listeners = new Set<WakeUp>();

  listen(): Listener {
    const wakeUp = new WakeUp();
    this.#listeners.add(wakeUp);
    return {
      wait: async (timeoutMs, signal) => {
        await wakeUp.wait(timeoutMs, signal);
      },
      [Symbol.dispose]: () => {
        this.#listeners.delete(wakeUp);
      },
    };
  }

  ring(): void {
    for (const listener of this.#listeners) listener.ring();
  }
}
