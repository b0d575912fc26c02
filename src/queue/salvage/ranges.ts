import type { SeqRange } from "../../domain/gap.ts";
import { type Seq, seq } from "../../domain/record.ts";

/** Collects positions, in their order, as closed ranges. */
export class Ranges {
  readonly all: { readonly from: Seq; to: Seq }[] = [];
  readonly #most: number;

  /** @param most  More could not be told in one record. */
  constructor(most: number) {
    this.#most = most;
  }

  /** An empty range changes nothing. */
  add(from: number, to: number = from): void {
    if (from > to) return;
    const last = this.all.at(-1);
    // The last one covers what there is no place for, and so some records that are accounted for otherwise.
    if (last !== undefined && (from <= last.to + 1 || this.all.length >= this.#most))
      last.to = seq(Math.max(last.to, to));
    else this.all.push({ from: seq(from), to: seq(to) });
  }

  /** `undefined` when there are none. */
  get orNone(): readonly SeqRange[] | undefined {
    return this.all.length === 0 ? undefined : this.all;
  }
}
