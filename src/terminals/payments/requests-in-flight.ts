interface InFlight<T> {
  readonly requestHash: string;
  readonly answer: Promise<T>;
}

/** Requests that are being worked on: whoever comes with the same key shares the one answer. */
export class RequestsInFlight<T> {
  readonly #byKey = new Map<string, InFlight<T>>();

  /**
   * @param work  Begun at once, and only for the first of those that share the key.
   * @param until  Never rejects; resolves when the ledger can answer for it. `undefined`: the key is free again before anybody
   *   hears the answer.
   */
  share(
    key: string,
    requestHash: string,
    work: () => Promise<T>,
    until: (answer: T) => Promise<void> | undefined,
  ): Promise<T> | "keyReused" {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known.requestHash === requestHash ? known.answer : "keyReused";
    const answer = this.#answer(key, work, until);
    this.#byKey.set(key, { requestHash, answer });
    return answer;
  }

  async #answer(key: string, work: () => Promise<T>, until: (answer: T) => Promise<void> | undefined): Promise<T> {
    let shared: Promise<void> | undefined;
    try {
      const answer = await work();
      shared = until(answer);
      return answer;
    } finally {
      if (shared === undefined) this.#byKey.delete(key);
      else void shared.then(() => this.#byKey.delete(key));
    }
  }
}
