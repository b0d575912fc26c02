import type { OutboxRow } from "./outbox.ts";

/** What waits because the broker refuses an older record of the same order key. */
export interface HeldBack {
  /** That the drain has passed without sending, oldest first. */
  readonly seqs: readonly number[];
  /** Those of them that are read again, from the first on. Only while nothing of the key is refused. */
  readonly rows: readonly OutboxRow[];
}

/** By order key. A key is in it from its first refusal until the last of what waited has gone. */
export type HeldBackByKey = ReadonlyMap<string, HeldBack>;

/** Records that may wait so in all: positions, some 16 bytes each. With more the drain stands still before the next. */
const MAX_HELD = 1_000;
const NOTHING: HeldBack = { seqs: [], rows: [] };

export function heldCount(held: HeldBackByKey): number {
  let count = 0;
  for (const { seqs } of held.values()) count += seqs.length;
  return count;
}

export function lowestHeld(held: HeldBackByKey): number {
  let lowest = Infinity;
  for (const { seqs } of held.values()) lowest = Math.min(lowest, seqs[0] ?? Infinity);
  return lowest;
}

/** From now on nothing new of this key goes; what was read of it is forgotten. */
export function holdBack(held: Map<string, HeldBack>, key: string): void {
  held.set(key, { seqs: held.get(key)?.seqs ?? NOTHING.seqs, rows: [] });
}

/** @returns false when no more may wait. */
export function keepWaiting(held: Map<string, HeldBack>, key: string, seq: number): boolean {
  const { seqs, rows } = held.get(key) ?? NOTHING;
  if (heldCount(held) >= MAX_HELD) return false;
  held.set(key, { seqs: [...seqs, seq], rows });
  return true;
}

/** The oldest of this key that is not read; `undefined` when all of it is, or there is none. */
export function nextUnread({ seqs, rows }: HeldBack): number | undefined {
  return seqs[rows.length];
}

/** Takes in those of these rows that the key waits for next. */
export function takeHeldRows(entry: HeldBack, rows: readonly OutboxRow[]): HeldBack {
  const read = [...entry.rows];
  for (const row of rows) if (row.seq === entry.seqs[read.length]) read.push(row);
  return { seqs: entry.seqs, rows: read };
}

/** The first of this key has gone. */
export function dropFirst({ seqs, rows }: HeldBack): HeldBack {
  return { seqs: seqs.slice(1), rows: rows.slice(1) };
}

/** Headquarters has everything up to the mark, however it came there. */
export function forgetHeldUpTo(held: Map<string, HeldBack>, mark: number): void {
  for (const [key, { seqs, rows }] of held) {
    if ((seqs[0] ?? Infinity) > mark) continue;
    held.set(key, { seqs: seqs.filter((seq) => seq > mark), rows: rows.filter((row) => row.seq > mark) });
  }
}
