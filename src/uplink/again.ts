import type { OutboxRow } from "./outbox.ts";

/** A record that must go once more although the drain has passed it. */
export interface Again {
  /** `refused`: the broker said no, and nothing new goes before it says yes. `missing`: headquarters named it as a hole. */
  readonly why: "refused" | "missing";
  /** Times it was refused. */
  readonly refusals: number;
  /** Handed to the session again; its PUBACK, or the next receipt, says what comes of it. */
  readonly sent: boolean;
  /** ms, monotonic. While not sent: not to be sent earlier. When sent: not to be believed missing earlier. */
  readonly notBefore: number;
  /** Present between its being read from the ledger and its being sent. */
  readonly row?: OutboxRow;
}

/** By seq. Bounded by the window (refused) and by what a receipt may name (missing). */
export type AgainBySeq = ReadonlyMap<number, Again>;

/** ms. A refused record waits so long for its second attempt; doubled each time, up to the ceiling. */
const RETRY_FIRST_MS = 500;
const RETRY_CEILING_MS = 60_000;

export function noteRefused(again: Map<number, Again>, seq: number, at: number): void {
  const refusals = (again.get(seq)?.refusals ?? 0) + 1;
  const wait = Math.min(RETRY_CEILING_MS, RETRY_FIRST_MS * 2 ** (refusals - 1));
  again.set(seq, { why: "refused", refusals, sent: false, notBefore: at + wait });
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

/** The broker has it: a refused one is through, a missing one still waits for headquarters' word. */
export function noteAccepted(again: Map<number, Again>, seq: number): void {
  if (again.get(seq)?.why === "refused") again.delete(seq);
}

/** @param graceMs  How long it may be on its way before it can be missing again. */
export function noteSent(again: Map<number, Again>, seq: number, entry: Again, at: number, graceMs: number): void {
  const { why, refusals } = entry;
  again.set(seq, { why, refusals, sent: true, notBefore: at + graceMs });
}

/** Those that may be sent now, oldest first. */
export function due(again: AgainBySeq, at: number): readonly (readonly [seq: number, entry: Again])[] {
  return [...again].filter(([, entry]) => !entry.sent && entry.notBefore <= at).sort(([a], [b]) => a - b);
}

/** While the broker refuses a record, new ones would break its terminal's order. */
export function holdsBackTheRest(again: AgainBySeq): boolean {
  for (const { why } of again.values()) if (why === "refused") return true;
  return false;
}
