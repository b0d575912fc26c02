import type { StreamCause } from "../domain/gap.ts";
import type { Log } from "../runtime/log.ts";

/** What is known of whether the ledger's records are what was written. */
export type Integrity =
  /** Not every record was looked at since the open. */
  { readonly state: "unknown" } | { readonly state: "pass" } | { readonly state: "damaged"; readonly found: string };

/**
 * Notices while the ledger is open that its stream must end, and orders that for its next open: what is open is read and
 * written by two threads and cannot be exchanged under them.
 */
export class StreamEndWatch {
  readonly #order: (because: StreamCause, reason: string) => Promise<void>;
  readonly #log: Log;
  readonly #reopening = new AbortController();
  readonly #ordered = new Set<StreamCause>();
  #integrity: Integrity = { state: "unknown" };

  constructor(order: (because: StreamCause, reason: string) => Promise<void>, log: Log) {
    this.#order = order;
    this.#log = log;
  }

  get integrity(): Integrity {
    return this.#integrity;
  }

  /** Fires, with the reason in words, when the ledger should soon be opened anew. */
  get reopening(): AbortSignal {
    return this.#reopening.signal;
  }

  passed(): void {
    if (this.#integrity.state === "unknown") this.#integrity = { state: "pass" };
  }

  /**
   * Damage in records that are only kept waits for a start that comes by itself: none of it grows worse by waiting, and a
   * restart in the middle of the day would. Where it stands in the way of delivery, the restart must come soon.
   */
  async damaged(found: string, isInTheWay: boolean): Promise<void> {
    if (this.#integrity.state !== "damaged") this.#log.error("ledger.damaged", { found });
    this.#integrity = { state: "damaged", found };
    await this.#end("salvaged", found);
    if (isInTheWay) this.#reopening.abort(new Error(`the ledger is damaged: ${found}`));
  }

  /** HQ holds more of this stream than this ledger does: whatever it would number next is taken. */
  async behindHq(reason: string): Promise<void> {
    await this.#end("behindHq", reason);
    this.#reopening.abort(new Error(reason));
  }

  async #end(because: StreamCause, reason: string): Promise<void> {
    if (this.#ordered.has(because)) return;
    this.#ordered.add(because);
    try {
      await this.#order(because, reason);
      this.#log.error("ledger.streamEnds", { because, reason });
    } catch (error) {
      this.#ordered.delete(because);
      throw error;
    }
  }
}
