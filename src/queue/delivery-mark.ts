import type { Seq } from "../domain/record.ts";

/**
 * How far HQ has confirmed. Moves forward, but for `regress`. While one position is being written, the newest of those asked for
 * meanwhile waits: a drain confirms more often than a disk likes.
 */
export class DeliveryMark {
  readonly #store: (upTo: Seq) => Promise<void>;
  #at: Seq;
  #wanted: Seq;
  #writing: Promise<void> | undefined;

  constructor(at: Seq, store: (upTo: Seq) => Promise<void>) {
    this.#at = at;
    this.#wanted = at;
    this.#store = store;
  }

  get at(): Seq {
    return this.#at;
  }

  /** Resolves when this position, or a later one, is stored, or a going back has made it void. */
  async advance(upTo: Seq): Promise<void> {
    if (upTo > this.#wanted) this.#wanted = upTo;
    while (this.#at < upTo && upTo <= this.#wanted) {
      this.#writing ??= this.#write();
      await this.#writing;
    }
  }

  /** @param store  Makes it durable. Resolves when that is done; what was to be written meanwhile is forgotten. */
  async regress(upTo: Seq, store: (upTo: Seq) => Promise<void>): Promise<void> {
    if (upTo < this.#wanted) this.#wanted = upTo;
    await this.#writing;
    if (upTo >= this.#at) return;
    await store(upTo);
    this.#at = upTo;
  }

  async #write(): Promise<void> {
    const next = this.#wanted;
    try {
      await this.#store(next);
      this.#at = next;
    } finally {
      this.#writing = undefined;
    }
  }
}
