import { type ClockStamp, type Instant, instant } from "../domain/clock.ts";
import type { Clock } from "./clock.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** When a clock showed this time and was right, this one has passed; it may have been a day off all the same. */
export function dayBefore(right: Instant): Instant {
  return instant(right - DAY_MS);
}

/**
 * A clock with what is known of it from elsewhere: a time that has certainly passed, and the kernel's word on whether
 * something keeps it right. A wall time from before the former counts as not synchronised, whoever says that it is:
 * records carry it as the machine shows it, and nothing that goes by age believes it.
 */
export class BelievedClock implements Clock {
  readonly #machine: Clock;
  #notBefore: Instant;
  #isKeptRight = false;

  /** @param notBefore  Has passed, e.g. the day on which this program was made. */
  constructor(machine: Clock, notBefore: Instant) {
    this.#machine = machine;
    this.#notBefore = notBefore;
  }

  now(): Instant {
    return this.#machine.now();
  }

  monotonicMs(): number {
    return this.#machine.monotonicMs();
  }

  stamp(): ClockStamp {
    const stamp = this.#machine.stamp();
    const now = this.#machine.now();
    const synced = (stamp.synced || this.#isKeptRight) && now >= this.#notBefore;
    if (synced) this.raise(dayBefore(now));
    return { ...stamp, synced };
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return this.#machine.sleep(ms, signal);
  }

  /** Whether the wall time can be right at all. */
  get isPlausible(): boolean {
    return this.#machine.now() >= this.#notBefore;
  }

  /** Whether this machine leaves a mark of its own that the clock was set: the kernel need not be asked then. */
  get hasMark(): boolean {
    return this.#machine.stamp().synced;
  }

  /** This time has passed too. */
  raise(notBefore: Instant): void {
    if (notBefore > this.#notBefore) this.#notBefore = notBefore;
  }

  /** What the kernel says. */
  heard(isKeptRight: boolean): void {
    this.#isKeptRight = isKeptRight;
  }
}
