import { orderKey } from "./order-key.ts";
import type { OutboxRow } from "./outbox.ts";

/**
 * While a backlog drains at a limited rate, a second reader goes ahead of the drain, so that news of a terminal
 * without a backlog does not stand behind hours of another's. It keeps no rows but those that may overtake.
 *
 * ```
 *   mark      next (drain)              backlogEnd      at (look-ahead)     head
 *    |---sent---|------backlog, unsent------|---fresh rows---|--not looked at--|
 * ```
 */
export interface LookAhead {
  /** First position not looked at. */
  readonly at: number;
  /** For each key the newest row that must wait for the drain. Those below the drain's position are through. */
  readonly waiting: ReadonlyMap<string, number>;
  /** Rows that may go now, oldest first. */
  readonly overtaking: readonly OutboxRow[];
}

/** Keys it can tell apart. A ledger with more terminals unsent at once is drained in plain order. */
const MAX_KEYS = 4_096;
/** Rows held for sending: beyond these it reads no further. */
const MAX_OVERTAKING = 250;

export function lookFrom(next: number): LookAhead {
  return { at: next, waiting: new Map(), overtaking: [] };
}

/** Whether it would read on from `at`. */
export function wantsMore({ waiting, overtaking }: LookAhead): boolean {
  return waiting.size < MAX_KEYS && overtaking.length < MAX_OVERTAKING;
}

/**
 * Sorts the next rows into those that must wait and those that may overtake.
 *
 * @param next  The drain's position.
 * @param backlogEnd  Rows up to here wait in any case.
 * @returns also the new end of the backlog: a fresh row that must wait becomes part of it.
 */
export function look(
  ahead: LookAhead,
  rows: readonly OutboxRow[],
  next: number,
  backlogEnd: number,
): { readonly ahead: LookAhead; readonly backlogEnd: number } {
  const waiting = new Map(ahead.waiting);
  const overtaking = [...ahead.overtaking];
  let at = ahead.at;
  let end = backlogEnd;
  for (const row of rows) {
    if (row.seq !== at) continue;
    at += 1;
    const key = orderKey(row);
    if (row.seq > backlogEnd && (waiting.get(key) ?? 0) < next) {
      overtaking.push(row);
    } else {
      waiting.set(key, row.seq);
      end = Math.max(end, row.seq);
    }
  }
  return { ahead: { at, waiting, overtaking }, backlogEnd: end };
}
