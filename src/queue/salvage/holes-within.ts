import { carriedBy, type Enveloped, keyOf } from "../../domain/carried.ts";
import type { EarlierRanges } from "../../domain/gap.ts";
import type { EarlierStream } from "../earlier-streams.ts";
import { Ranges } from "./ranges.ts";

/** All of it stands in one record, with what else that tells. */
const MAX_STREAMS = 50;
const MAX_RANGES = 20;

interface Within extends EarlierStream {
  /** The position that comes next, where nothing is missing. */
  next: number;
  /** All that is not carried here, also for reasons that another record tells. */
  readonly holes: Ranges;
  missing: Ranges;
  /** What comes behind its records was reached: first of all what tells of its holes. */
  isPast: boolean;
  isEndOpen: boolean;
}

/**
 * Which records of earlier streams stood, carried, in records of the old stream that are not carried on: nobody can read that
 * there, but those before and behind tell it, because each stream's records stand in their order.
 */
export class HolesWithin {
  readonly #streams: readonly Within[];
  #isBroken = false;

  /** @param earlier  The newest first, with what is freed of them by now. */
  constructor(earlier: readonly EarlierStream[]) {
    this.#streams = earlier.map((one) => ({
      ...one,
      next: one.freedUpTo + 1,
      holes: new Ranges(MAX_RANGES),
      missing: new Ranges(MAX_RANGES),
      isPast: false,
      isEndOpen: false,
    }));
  }

  /** A record of the old stream is not carried on. */
  skip(): void {
    this.#isBroken = true;
  }

  /** The next one is. @param seq  Its position: the first record of a stream stands before those that it carries. */
  carry(record: Enveloped, seq: number): void {
    let within: Enveloped | undefined = record;
    let at = seq;
    for (const one of this.#streams) {
      if (at === 1) break;
      within = within === undefined ? undefined : carriedBy(within);
      const key = within === undefined ? undefined : keyOf(within);
      if (key?.stream !== one.stream) within = undefined;
      at = within === undefined ? one.upTo + 1 : (key?.seq ?? 0);
      this.#reach(one, at);
    }
    this.#isBroken = false;
  }

  /** Nothing more is carried. @returns `undefined` when nothing of them is missing. */
  end(): readonly EarlierRanges[] | undefined {
    for (const one of this.#streams) this.#reach(one, one.upTo + 1);
    const missing = this.#streams.flatMap(
      ({ stream, upTo, missing: { all: notCarried }, isEndOpen }): EarlierRanges[] => {
        if (isEndOpen) return [{ stream, notCarried, endUnknown: true, lastKnown: upTo }];
        return notCarried.length === 0 ? [] : [{ stream, notCarried }];
      },
    );
    return missing.length === 0 ? undefined : missing.slice(0, MAX_STREAMS);
  }

  #reach(one: Within, at: number): void {
    one.holes.add(one.next, at - 1);
    if (this.#isBroken) one.missing.add(one.next, at - 1);
    one.next = Math.max(one.next, at + 1);
    if (one.isPast || at <= one.upTo) return;
    one.isPast = true;
    if (!this.#isBroken) return;
    one.missing = one.holes;
    one.isEndOpen = one.endUnknown === true;
  }
}
