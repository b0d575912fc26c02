import { type RecordDraft, type Seq, seq } from "./record.ts";

/**
 * In the body of a record that a reducer wrote: which reducer, and the record that it follows from. Together with `part`
 * it is written once, however often the ledger is replayed.
 */
export interface DerivedFrom {
  readonly reducer: string;
  readonly version: number;
  /** The record that made the reducer say it. */
  readonly seq: Seq;
  /** From 0, when one record makes it say more than one thing. */
  readonly part: number;
}

/** What a reducer wants written because of the record that it was given last. */
export type DerivedDraft = Omit<RecordDraft, "cardToken" | "taken" | "keys">;

/** Where a parsed body says that it was derived from; `undefined` when a person or a device said it. */
export function derivedFrom(body: unknown): DerivedFrom | undefined {
  if (typeof body !== "object" || body === null || !("derived" in body)) return undefined;
  const { derived } = body;
  if (typeof derived !== "object" || derived === null) return undefined;
  if (!("reducer" in derived) || !("version" in derived) || !("seq" in derived) || !("part" in derived))
    return undefined;
  const { reducer, version, seq: at, part } = derived;
  if (typeof reducer !== "string" || typeof version !== "number" || typeof part !== "number") return undefined;
  return typeof at === "number" && Number.isSafeInteger(at) && at >= 0
    ? { reducer, version, seq: seq(at), part }
    : undefined;
}
