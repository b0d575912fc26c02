import type { RecordKey } from "../domain/carried.ts";
import type { Seq, StreamId } from "../domain/record.ts";

export type CarriedSnapshot = readonly (readonly [StreamId, Seq])[];

/** How far each earlier stream was carried over: a record may be carried more than once, and counts once. */
export class CarriedSoFar {
  readonly #upTo: Map<StreamId, Seq>;

  constructor(snapshot: CarriedSnapshot = []) {
    this.#upTo = new Map(snapshot);
  }

  isNews(carried: RecordKey | undefined): boolean {
    if (carried === undefined) return true;
    if (carried.seq <= (this.#upTo.get(carried.stream) ?? 0)) return false;
    this.#upTo.set(carried.stream, carried.seq);
    return true;
  }

  toJSON(): CarriedSnapshot {
    return [...this.#upTo];
  }
}
