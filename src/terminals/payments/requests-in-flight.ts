interface InFlight<T> {
  readonly requestHash: string;
  readonly answer: Promise<T>;
}

/** Keys that are in use on any route: a till's keys are one space for payments and hand-ins. */
export type KeysInUse = Set<string>;

/** Requests that are being worked on: whoever comes with the same key shares the one answer. */
export class RequestsInFlight<T> {
  readonly #byKey = new Map<string, InFlight<T>>();
  readonly #inUse: KeysInUse;

  /** @param inUse  Shared by all whose keys are one space. */
  constructor(inUse: KeysInUse) {
    this.#inUse = inUse;
  }

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
    if (this.#inUse.has(key)) return "keyReused";
    this.#inUse.add(key);
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
      if (shared === undefined) this.#free(key);
      else void shared.then(() => this.#free(key));
    }
  }

  #free(key: string): void {
    this.#byKey.delete(key);
    this.#inUse.delete(key);
  }
}
