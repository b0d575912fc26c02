import type { ClockStamp, Instant } from "./domain/clock.ts";
import { LANE_OF, type RecordDraft } from "./domain/record.ts";
import { Missing } from "./not-recorded.ts";

export interface HoldLimits {
  readonly drafts: number;
  /** Characters of their bodies as JSON. */
  readonly size: number;
}

/** A quarter of an hour of a busy shop's records, in 4 MiB. */
const LIMITS: HoldLimits = { drafts: 2_000, size: 4 * 1024 * 1024 };

/** A draft with its own time. */
export type TakenDraft = RecordDraft & { readonly taken: { readonly at: Instant; readonly stamp: ClockStamp } };

interface Held {
  readonly draft: TakenDraft;
  readonly size: number;
}

/**
 * What the disk refused, in order, until it takes it. Bounded: when it overflows, the money stays and alarms go; what does
 * not fit even then is counted.
 */
export class HeldRecords {
  readonly #limits: HoldLimits;
  #held: Held[] = [];
  #size = 0;
  #missing = new Missing();

  constructor(limits: HoldLimits = LIMITS) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#held.length;
  }

  /** Neither held nor counted as missing. */
  get isEmpty(): boolean {
    return this.#held.length === 0 && this.#missing.count === 0;
  }

  /** @param code  Why the disk refuses. @returns how many were given up for it, itself included. */
  add(draft: TakenDraft, code: string): number {
    const held = { draft, size: JSON.stringify(draft.body).length };
    const before = this.#missing.count;
    while (!this.#fits(held) && LANE_OF[draft.kind] === "money" && this.#dropOldestAlarm(code));
    if (this.#fits(held)) {
      this.#held.push(held);
      this.#size += held.size;
    } else {
      this.#missing.add(draft, draft.taken.at, code);
    }
    return this.#missing.count - before;
  }

  oldest(atMost: number): readonly TakenDraft[] {
    return this.#held.slice(0, atMost).map(({ draft }) => draft);
  }

  /** These are on disk. */
  written(drafts: ReadonlySet<TakenDraft>): void {
    this.#held = this.#held.filter(({ draft }) => !drafts.has(draft));
    this.#size = this.#held.reduce((sum, { size }) => sum + size, 0);
  }

  /** What is missing so far, to be told; what goes missing from now on is counted anew. */
  takeMissing(): Missing {
    const missing = this.#missing;
    this.#missing = new Missing();
    return missing;
  }

  /** It could not be told. */
  putBack(missing: Missing): void {
    missing.absorb(this.#missing);
    this.#missing = missing;
  }

  /** Everything, as if it were lost now. */
  asMissing(code: string): Missing {
    const all = new Missing();
    all.absorb(this.#missing);
    for (const { draft } of this.#held) all.add(draft, draft.taken.at, code);
    return all;
  }

  #fits({ size }: Held): boolean {
    return this.#held.length < this.#limits.drafts && this.#size + size <= this.#limits.size;
  }

  #dropOldestAlarm(code: string): boolean {
    const place = this.#held.findIndex(({ draft }) => LANE_OF[draft.kind] === "alarm");
    const [oldest] = place < 0 ? [] : this.#held.splice(place, 1);
    if (oldest === undefined) return false;
    this.#size -= oldest.size;
    this.#missing.add(oldest.draft, oldest.draft.taken.at, code);
    return true;
  }
}
