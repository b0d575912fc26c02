/** A closed range of positions. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Which positions of one stream are stored or accounted for, as a receipt says it. */
export class StreamProgress {
  #upTo = 0;
  /** Above `upTo`: apart from each other, in order. */
  #above: Span[] = [];

  /** @param spans  In any order; they may overlap. */
  constructor(spans: readonly Span[] = []) {
    for (const { from, to } of [...spans].sort((a, b) => a.from - b.from)) this.cover(from, to);
  }

  /** Everything up to here is stored or accounted for. */
  get upTo(): number {
    return this.#upTo;
  }

  /** The newest position that is stored or accounted for. */
  get top(): number {
    return this.#above.at(-1)?.to ?? this.#upTo;
  }

  /** Positions below the top that are neither. */
  get gaps(): number {
    const above = this.#above.reduce((sum, { from, to }) => sum + to - from + 1, 0);
    return this.top - this.#upTo - above;
  }

  /** These positions are stored, or accounted for. */
  cover(from: number, to: number = from): void {
    if (to <= this.#upTo) return;
    let span: Span = { from: Math.max(from, this.#upTo + 1), to };
    // Records come nearly in order: what a new span touches is at the end.
    let end = this.#above.length;
    while (end > 0 && (this.#above[end - 1]?.from ?? 0) > span.to + 1) end -= 1;
    let begin = end;
    for (
      let last = this.#above[begin - 1];
      last !== undefined && last.to >= span.from - 1;
      last = this.#above[begin - 1]
    ) {
      span = { from: Math.min(span.from, last.from), to: Math.max(span.to, last.to) };
      begin -= 1;
    }
    if (span.from > this.#upTo + 1) {
      this.#above.splice(begin, end - begin, span);
      return;
    }
    this.#upTo = span.to;
    this.#above = this.#above.slice(end);
  }

  /** The oldest holes, at most `limit`. */
  missing(limit: number): readonly number[] {
    const holes: number[] = [];
    let next = this.#upTo + 1;
    for (const { from, to } of this.#above) {
      for (; next < from && holes.length < limit; next += 1) holes.push(next);
      next = to + 1;
    }
    return holes;
  }
}
