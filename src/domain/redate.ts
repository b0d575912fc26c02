import type { BootId, Instant, Moment } from "./clock.ts";
import { instant } from "./clock.ts";
import type { ClockRecord } from "./clock-record.ts";

/**
 * - `synchronised`: the clock was known to be right then. `redated`: worked out from a later or earlier moment of the same
 *   boot at which it was. `unknown`: that boot's clock was never right; `at` is what the machine believed.
 */
export type DateBasis = "synchronised" | "redated" | "unknown";

export interface Dated {
  readonly at: Instant;
  readonly basis: DateBasis;
}

/** A smaller difference is the crystal's, not the clock's. ms. */
const WORTH_TELLING_MS = 1_000;
/** The watch looks at the clock this often: a step may be that much older than its record. ms. */
const SEEN_WITHIN_MS = 10_000;
/** Boots that are kept, the newest: a machine that restarts daily has a year of them. */
const BOOTS_KEPT = 366;
/** Steps of one boot that are kept, the newest. */
const STEPS_KEPT = 16;

/** The true time of another moment of the same boot: the monotonic clock was right all the time. */
export function redatedAt({ clock }: Moment, right: Moment): Instant {
  return instant(right.at - (right.clock.monotonicMs - clock.monotonicMs));
}

interface Right {
  readonly at: Instant;
  readonly monotonicMs: number;
}

interface Step {
  readonly monotonicMs: number;
  readonly byMs: number;
}

interface Boot {
  /** The first and the newest moment at which the clock became right. */
  first?: Right;
  last?: Right;
  readonly steps: Step[];
}

/** Plain data, for a snapshot. */
export type BootTimesSnapshot = readonly (readonly [BootId, Boot])[];

/**
 * What `clock` records tell about each boot's time, and so when everything else of that boot really happened. A gateway
 * without battery clock begins in the wrong year; what it recorded before its clock was set is dated right by this.
 */
export class BootTimes {
  readonly #boots = new Map<BootId, Boot>();

  /** Takes a `clock` record with the moment that its envelope names. Order does not matter, nor does repetition. */
  take({ at, clock }: Moment, { event, byMs }: ClockRecord): void {
    const { bootId, monotonicMs, synced } = clock;
    if (event === "synchronised" && synced) {
      const boot = this.#boot(bootId);
      if (boot.first === undefined || monotonicMs < boot.first.monotonicMs) boot.first = { at, monotonicMs };
      if (boot.last === undefined || monotonicMs > boot.last.monotonicMs) boot.last = { at, monotonicMs };
    }
    if (event === "stepped" && byMs !== undefined) {
      const { steps } = this.#boot(bootId);
      if (steps.some((step) => step.monotonicMs === monotonicMs)) return;
      steps.push({ monotonicMs, byMs });
      steps.sort((a, b) => a.monotonicMs - b.monotonicMs);
      if (steps.length > STEPS_KEPT) steps.shift();
    }
  }

  /** When a record was really written. */
  dated(written: Moment): Dated {
    const { at, clock } = written;
    if (clock.synced) return { at, basis: "synchronised" };
    const right = this.#rightFor(clock.bootId, clock.monotonicMs);
    if (right === undefined) return { at, basis: "unknown" };
    return { at: trueTime(clock.monotonicMs, right), basis: "redated" };
  }

  /**
   * When something really happened for which a record's body names a wall time, such as `requestedAt`: at or before the
   * record was written, perhaps under a clock that was set in between.
   */
  datedWall(wall: Instant, written: Moment): Dated {
    const { clock } = written;
    const right = clock.synced
      ? { at: written.at, monotonicMs: clock.monotonicMs }
      : this.#rightFor(clock.bootId, clock.monotonicMs);
    if (right === undefined) return { at: wall, basis: "unknown" };
    const monotonicMs = this.#monotonicAt(wall, written);
    // Before this boot: its own records, and the clock that they were written under, tell more than this one can.
    if (monotonicMs === undefined) return { at: wall, basis: clock.synced ? "synchronised" : "unknown" };
    const at = trueTime(monotonicMs, right);
    if (clock.synced && !isWorthTelling(wall, at)) return { at: wall, basis: "synchronised" };
    return { at, basis: "redated" };
  }

  toJSON(): BootTimesSnapshot {
    return [...this.#boots];
  }

  /** The inverse of `toJSON`. */
  static from(snapshot: BootTimesSnapshot): BootTimes {
    const times = new BootTimes();
    for (const [bootId, boot] of snapshot) times.#boots.set(bootId, { ...boot, steps: [...boot.steps] });
    return times;
  }

  /** A clock that was right later dates what came before it; one that was lost, what came after. */
  #rightFor(bootId: BootId, monotonicMs: number): Right | undefined {
    const boot = this.#boots.get(bootId);
    return boot?.first !== undefined && boot.first.monotonicMs >= monotonicMs ? boot.first : boot?.last;
  }

  /** Where in this boot the wall clock showed that time: back from the record, over each step of the clock. */
  #monotonicAt(wall: Instant, { at, clock }: Moment): number | undefined {
    const steps = this.#boots.get(clock.bootId)?.steps ?? [];
    let end = clock.monotonicMs;
    let wallAtEnd: number = at;
    for (const { monotonicMs, byMs } of steps.filter((step) => step.monotonicMs <= end).toReversed()) {
      const found = end - (wallAtEnd - wall);
      if (found >= monotonicMs - SEEN_WITHIN_MS && found <= end) return found;
      wallAtEnd -= end - monotonicMs + byMs;
      end = monotonicMs;
    }
    const found = end - (wallAtEnd - wall);
    return found >= 0 && found <= end ? found : undefined;
  }

  #boot(bootId: BootId): Boot {
    const known = this.#boots.get(bootId);
    if (known !== undefined) return known;
    const boot: Boot = { steps: [] };
    this.#boots.set(bootId, boot);
    const [oldest] = this.#boots.keys();
    if (this.#boots.size > BOOTS_KEPT && oldest !== undefined) this.#boots.delete(oldest);
    return boot;
  }
}

/** Whether somebody who was told the one time should be told the other. */
export function isWorthTelling(believed: Instant, right: Instant): boolean {
  return Math.abs(believed - right) >= WORTH_TELLING_MS;
}

function trueTime(monotonicMs: number, right: Right): Instant {
  return instant(right.at - (right.monotonicMs - monotonicMs));
}
