import type { OutboxRow } from "./outbox.ts";

/** A record that must go once more although the drain has passed it. */
export interface Again {
  /**
   * `refused`: the broker said no, and nothing newer of its order key goes before it says yes. `missing`: headquarters
   * named it as a hole. `released`: it was parked, and somebody wants it sent after all. `standIn`: the gap record that
   * stands for a record which headquarters will not get; not yet sent at all.
   */
  readonly why: "refused" | "missing" | "released" | "standIn";
  /** Order key of a refused one. */
  readonly key?: string;
  /** Times it was refused. */
  readonly refusals: number;
  /** Handed to the session again; its PUBACK, or the next receipt, says what comes of it. */
  readonly sent: boolean;
  /** ms, monotonic. While not sent: not to be sent earlier. When sent: not to be believed missing earlier. */
  readonly notBefore: number;
  /** Present between its being read from the ledger and its being sent. */
  readonly row?: OutboxRow;
}

/** By seq. Bounded by the window (refused), by what a receipt may name (missing) and by what may be parked (others). */
export type AgainBySeq = ReadonlyMap<number, Again>;

/** ms. A refused record waits so long for its second attempt; doubled each time, up to the ceiling. */
const RETRY_FIRST_MS = 500;
const RETRY_CEILING_MS = 60_000;

export function noteRefused(again: Map<number, Again>, seq: number, key: string, at: number): void {
  const refusals = (again.get(seq)?.refusals ?? 0) + 1;
  const wait = Math.min(RETRY_CEILING_MS, RETRY_FIRST_MS * 2 ** (refusals - 1));
  again.set(seq, { why: "refused", key, refusals, sent: false, notBefore: at + wait });
}

/**
 * Takes in which records headquarters misses. Those that it names no more are forgotten.
 *
 * @param isOverdue  Whether a record left so long ago that it cannot be on its way any more.
 */
export function noteMissing(
  again: Map<number, Again>,
  named: readonly number[],
  at: number,
  isOverdue: (seq: number) => boolean,
): void {
  const stillNamed = new Set(named);
  for (const [seq, { why }] of again) {
    if (why === "missing" && !stillNamed.has(seq)) again.delete(seq);
  }
  for (const seq of named) {
    const before = again.get(seq);
    const isDue =
      before === undefined ? isOverdue(seq) : before.why === "missing" && before.sent && before.notBefore <= at;
    if (isDue) again.set(seq, { why: "missing", refusals: 0, sent: false, notBefore: at });
  }
}

/** To be sent at the next opportunity. */
export function noteDue(again: Map<number, Again>, seq: number, why: "released" | "standIn", at: number): void {
  again.set(seq, { why, refusals: 0, sent: false, notBefore: at });
}

/** The broker has it: a refused or released one is through, a missing one still waits for headquarters' word. */
export function noteAccepted(again: Map<number, Again>, seq: number): void {
  const why = again.get(seq)?.why;
  if (why === "refused" || why === "released") again.delete(seq);
}

/** @param graceMs  How long it may be on its way before it can be missing again. */
export function noteSent(again: Map<number, Again>, seq: number, entry: Again, at: number, graceMs: number): void {
  const { row: _row, ...rest } = entry;
  again.set(seq, { ...rest, sent: true, notBefore: at + graceMs });
}

/** A released one whose session ended without a PUBACK goes again; the others come again by themselves, or are named again. */
export function noteSessionLost(again: Map<number, Again>, at: number): void {
  for (const [seq, { why }] of again) {
    if (why === "released") noteDue(again, seq, "released", at);
    else again.delete(seq);
  }
}

/** Those that may be sent now: what tells headquarters of gaps first, then the oldest. */
export function due(again: AgainBySeq, at: number): readonly (readonly [seq: number, entry: Again])[] {
  return [...again]
    .filter(([, entry]) => !entry.sent && entry.notBefore <= at)
    .sort(([a, x], [b, y]) => Number(y.why === "standIn") - Number(x.why === "standIn") || a - b);
}

/** While the broker refuses a record, newer ones of its key would break their order. */
export function isRefused(again: AgainBySeq, key: string): boolean {
  for (const entry of again.values()) if (entry.why === "refused" && entry.key === key) return true;
  return false;
}
