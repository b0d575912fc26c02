import { DeviceError } from "../../domain/device.ts";
import type { Clock } from "../../runtime/clock.ts";
import { isShutdown } from "../../runtime/task.ts";

/** A call did not come back, though it was told to stop: its driver is broken. */
export class Hung extends Error {
  constructor(what: string) {
    super(`${what} was told to stop and did not come back`);
    this.name = "Hung";
  }
}

export interface Bounds<T> {
  /** Until it is told to stop. ms. */
  readonly ms: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** What came after all, when nobody waited any more: to be closed. */
  readonly onLate?: (result: T) => void;
}

/** What a call gets to end in its own way after its signal has fired. ms. */
const GRACE_MS = 2_000;

/**
 * Runs `work` with a signal that fires at the deadline and with `signal`, and waits little longer: a driver that ignores its
 * signal holds nobody up. Nothing is left behind on return but what `work` itself still does.
 *
 * @throws DeviceError `silent`, by way of `work`, at the deadline; Hung; else whatever `work` throws.
 */
export async function bounded<T>(
  what: string,
  work: (signal: AbortSignal) => Promise<T>,
  bounds: Bounds<T>,
): Promise<T> {
  const { ms, clock, signal, onLate } = bounds;
  const stop = new AbortController();
  const over = new AbortController();
  const passOn = (): void => stop.abort(signal.reason);
  if (signal.aborted) passOn();
  else signal.addEventListener("abort", passOn, { once: true });
  try {
    const working = watched(async () => work(stop.signal), over.signal, onLate);
    return await Promise.race([working, alarm(what, ms, clock, stop, over.signal)]);
  } finally {
    over.abort();
    signal.removeEventListener("abort", passOn);
  }
}

async function watched<T>(
  work: () => Promise<T>,
  over: AbortSignal,
  onLate: ((result: T) => void) | undefined,
): Promise<T> {
  try {
    const result = await work();
    if (over.aborted) onLate?.(result);
    return result;
  } catch (error) {
    // Nobody waits for it any more, and the caller has been told another reason.
    if (over.aborted) return new Promise<never>(() => undefined);
    throw error;
  }
}

async function alarm(what: string, ms: number, clock: Clock, stop: AbortController, over: AbortSignal): Promise<never> {
  const soon = AbortSignal.any([over, stop.signal]);
  try {
    await clock.sleep(ms, soon);
    stop.abort(new DeviceError("silent", `${what} took longer than ${ms} ms`));
  } catch (error) {
    if (!isShutdown(error, soon)) throw error;
  }
  if (!over.aborted) {
    try {
      await clock.sleep(GRACE_MS, over);
      throw new Hung(what);
    } catch (error) {
      if (!isShutdown(error, over)) throw error;
    }
  }
  return new Promise<never>(() => undefined);
}
