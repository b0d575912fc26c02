/**
 * ms. Waking a thread that sleeps takes 40 to 100 µs on a virtual machine, as long as half a commit on a fast disk; after
 * a commit the next batch is often that near. At a shop's pace this is a fifth of a millisecond of one core per sale.
 */
const LINGER_MS = 0.2;

/** Counts what the main thread posted, in shared memory, so that the writer can look without sleeping. */
export class Arrivals {
  readonly memory: SharedArrayBuffer;
  readonly #count: Int32Array;

  constructor(memory = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#count = new Int32Array(memory);
  }

  /** After something was posted. */
  announce(): void {
    Atomics.add(this.#count, 0, 1);
  }

  /** Call it before looking whether anything waits. */
  count(): number {
    return Atomics.load(this.#count, 0);
  }

  /** Waits awake, for at most 0.2 ms. @returns whether something was announced since `count` was taken. */
  lingerAfter(count: number): boolean {
    const until = performance.now() + LINGER_MS;
    do {
      if (Atomics.load(this.#count, 0) !== count) return true;
    } while (performance.now() < until);
    return false;
  }
}
