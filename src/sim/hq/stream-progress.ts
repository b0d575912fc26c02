/** Which records of one stream are stored, as a receipt says it. */
export class StreamProgress {
  #upTo: number;
  #top: number;
  /** Stored, above a hole. */
  readonly #above: Set<number>;

  /** @param above  Stored records beyond `upTo`, none of them `upTo + 1`. */
  constructor(upTo = 0, above: Iterable<number> = []) {
    this.#upTo = upTo;
    this.#top = upTo;
    this.#above = new Set(above);
    for (const seq of this.#above) this.#top = Math.max(this.#top, seq);
  }

  /** Everything up to here is stored. */
  get upTo(): number {
    return this.#upTo;
  }

  /** Records below the newest stored one that are not stored. */
  get gaps(): number {
    return this.#top - this.#upTo - this.#above.size;
  }

  stored(seq: number): void {
    if (seq <= this.#upTo) return;
    this.#above.add(seq);
    this.#top = Math.max(this.#top, seq);
    while (this.#above.delete(this.#upTo + 1)) this.#upTo += 1;
  }

  /** The oldest holes, at most `limit`. */
  missing(limit: number): readonly number[] {
    const holes: number[] = [];
    for (let seq = this.#upTo + 1; seq < this.#top && holes.length < limit; seq += 1) {
      if (!this.#above.has(seq)) holes.push(seq);
    }
    return holes;
  }
}
