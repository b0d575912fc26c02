/** A device that says something without end must not fill the ledger: so many in a minute. */
const PER_MINUTE = 60;
const MINUTE_MS = 60_000;

export class NewsLimit {
  #minute = -1;
  #count = 0;

  /** @returns false for what is too much. */
  allows(nowMs: number): boolean {
    const minute = Math.floor(nowMs / MINUTE_MS);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#count = 0;
    }
    this.#count += 1;
    return this.#count <= PER_MINUTE;
  }
}
