/** Nothing came in time. */
export const LATE: unique symbol = Symbol("late");

/**
 * Waits no longer than `ms`. The work goes on by itself after that, and its failure is nobody's: whoever gives up says
 * what becomes of it.
 *
 * @throws what the work fails with in time; the signal's reason when that fires first.
 */
export async function within<T>(ms: number, work: Promise<T>, signal?: AbortSignal): Promise<T | typeof LATE> {
  const { promise, resolve, reject } = Promise.withResolvers<typeof LATE>();
  const timer = setTimeout(() => resolve(LATE), ms);
  const aborted = (): void => reject(signal?.reason instanceof Error ? signal.reason : new Error("aborted"));
  if (signal?.aborted === true) aborted();
  signal?.addEventListener("abort", aborted);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", aborted);
  }
}
