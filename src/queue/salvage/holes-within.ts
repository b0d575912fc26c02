import { carriedBy, type Enveloped, keyOf } from "../../domain/carried.ts";
import type { EarlierRanges } from "../../domain/gap.ts";
import type { StreamId } from "../../domain/record.ts";
import type { EarlierStream } from "../earlier-streams.ts";
import { Ranges } from "./ranges.ts";

/** All of it stands in one record, with what else that tells. */
const MAX_STREAMS = 50;
const MAX_RANGES = 20;

interface Within {
  readonly stream: StreamId;
  readonly upTo: number;
  /** The position that comes next, where nothing is missing. */
  next: number;
  readonly missing: Ranges;
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
    this.#streams = earlier.map(({ stream, upTo, freedUpTo }) => ({
      stream,
      upTo,
      next: freedUpTo + 1,
      missing: new Ranges(MAX_RANGES),
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
    const missing = this.#streams.flatMap(({ stream, missing: { orNone: notCarried } }) =>
      notCarried === undefined ? [] : [{ stream, notCarried }],
    );
    return missing.length === 0 ? undefined : missing.slice(0, MAX_STREAMS);
  }

  #reach(one: Within, at: number): void {
    if (this.#isBroken) one.missing.add(one.next, at - 1);
    one.next = Math.max(one.next, at + 1);
  }
}
