import { setTimeout as delay } from "node:timers/promises";

export interface WaitOptions {
  /** ms. Generous by default: the machine is shared, and a test that passes never waits this long. */
  readonly withinMs?: number;
  /** ms between two looks. */
  readonly everyMs?: number;
}

/**
 * Looks until `probe` gives something other than `undefined` or `false`, and returns that.
 * A probe that throws counts as "not yet".
 *
 * @throws Error naming `what` when the time is over; its cause is the probe's last error.
 */
export async function waitUntil<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  { withinMs = 30_000, everyMs = 20 }: WaitOptions = {},
): Promise<T> {
  const deadline = performance.now() + withinMs;
  let lastError: unknown;
  for (;;) {
    try {
      const found = await probe();
      if (found !== undefined && found !== false) return found;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() > deadline)
      throw new Error(`waited ${withinMs} ms in vain until ${what}`, { cause: lastError });
    await delay(everyMs);
  }
}
