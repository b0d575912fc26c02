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

export interface Sorted {
  readonly ahead: LookAhead;
  /** A fresh row that must wait becomes part of the backlog. */
  readonly backlogEnd: number;
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

/** It must not overtake after all: what comes after it of its key must not either, and all of them are backlog. */
export function letWait(ahead: LookAhead, row: OutboxRow, backlogEnd: number): Sorted {
  const waiting = new Map(ahead.waiting).set(orderKey(row), row.seq);
  return { ahead: { ...ahead, waiting }, backlogEnd: Math.max(backlogEnd, row.seq) };
}

/**
 * Sorts the next rows into those that must wait and those that may overtake.
 *
 * @param cursorOf  How far the drain has come that will deal with a row like this one.
 * @param backlogEnd  Rows up to here wait in any case.
 */
export function look(
  ahead: LookAhead,
  rows: readonly OutboxRow[],
  cursorOf: (row: OutboxRow) => number,
  backlogEnd: number,
): Sorted {
  const waiting = new Map(ahead.waiting);
  const overtaking = [...ahead.overtaking];
  let at = ahead.at;
  let end = backlogEnd;
  for (const row of rows) {
    if (row.seq !== at) continue;
    at += 1;
    const key = orderKey(row);
    if (row.seq > backlogEnd && (waiting.get(key) ?? 0) < cursorOf(row)) {
      overtaking.push(row);
    } else {
      waiting.set(key, row.seq);
      end = Math.max(end, row.seq);
    }
  }
  return { ahead: { at, waiting, overtaking }, backlogEnd: end };
}
