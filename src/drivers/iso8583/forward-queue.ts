import type { Asked } from "./machine/outstanding.ts";

/** Bytes on their way to the acquirer, in the order in which they came. */
export interface Outgoing {
  readonly bytes: Uint8Array;
  /** The frame that they end, its front already gone: wiped with them once they are written. */
  readonly whole?: Uint8Array | undefined;
  /** The request that these bytes complete, when something waits for its answer. */
  readonly asked?: Asked | undefined;
  /** Settles when the request's records are on disk (or cannot be put there); absent where nothing waits for the disk. */
  readonly recorded?: Promise<boolean> | undefined;
  /** A sign of life: nobody answers it. */
  readonly isKeepAlive?: boolean;
}

/**
 * Holds what may not go out yet, in order, and counts it, so that a fast terminal is paused instead of buffered without end.
 */
export class ForwardQueue {
  readonly #items: Outgoing[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  push(item: Outgoing): void {
    this.#items.push(item);
    this.#bytes += item.bytes.length;
  }

  shift(): Outgoing | undefined {
    const item = this.#items.shift();
    if (item !== undefined) this.#bytes -= item.bytes.length;
    return item;
  }

  /** Gives up what is still held; card data does not stay in memory. */
  clear(): void {
    for (const { bytes, whole = bytes } of this.#items) whole.fill(0);
    this.#items.length = 0;
    this.#bytes = 0;
  }
}

/**
 * Waits for the record, but not longer than the disk is given.
 *
 * @param recorded  Never rejects.
 * @returns Whether the record was durable in that time.
 */
export function durableWithin(recorded: Promise<boolean>, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const late = setTimeout(resolve, ms, false);
    const settle = (durable: boolean): void => {
      clearTimeout(late);
      resolve(durable);
    };
    void recorded.then(settle);
  });
}
