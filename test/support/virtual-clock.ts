import { bootId, type ClockStamp, type Instant, instant } from "../../src/domain/clock.ts";
import type { Clock } from "../../src/runtime/clock.ts";

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

/** Time that passes only when the test says so: two days in a second. */
export class VirtualClock implements Clock {
  #nowMs = 0;
  readonly #wallAtZero: number;
  readonly #sleepers = new Set<Sleeper>();
  synced = true;

  constructor(wall = Date.parse("2026-03-02T08:00:00.000Z")) {
    this.#wallAtZero = wall;
  }

  /** Who waits for it: must not grow. */
  get sleepers(): number {
    return this.#sleepers.size;
  }

  now(): Instant {
    return instant(this.#wallAtZero + this.#nowMs);
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  stamp(): ClockStamp {
    return { bootId: bootId("virtual"), monotonicMs: this.#nowMs, synced: this.synced };
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const end = (): void => {
        this.#sleepers.delete(sleeper);
        signal.removeEventListener("abort", stop);
      };
      const stop = (): void => {
        end();
        reject(signal.reason instanceof Error ? signal.reason : new Error("stopped"));
      };
      const sleeper: Sleeper = {
        atMs: this.#nowMs + Math.max(ms, 0),
        wake: () => {
          end();
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal.addEventListener("abort", stop);
    });
  }

  /** Lets so much time pass; whoever wakes has done all that it can do without waiting before the next one wakes. */
  async pass(ms: number): Promise<void> {
    const end = this.#nowMs + ms;
    await settled();
    for (;;) {
      const next = [...this.#sleepers].reduce<Sleeper | undefined>(
        (soonest, one) => (soonest === undefined || one.atMs < soonest.atMs ? one : soonest),
        undefined,
      );
      if (next === undefined || next.atMs > end) break;
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.wake();
      await settled();
    }
    this.#nowMs = end;
    await settled();
  }
}

/** Until nothing is left to do but wait: promises of promises included. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
}
