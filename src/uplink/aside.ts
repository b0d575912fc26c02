import type { OutboxRow } from "./outbox.ts";

/**
 * Alarm records that have stepped aside: money goes first, and they follow when no money can go. The drain passes them and
 * leaves them to a second cursor, which reads them again from the ledger when they are many.
 *
 * ```
 *   mark        rows[0]         at                 next (drain)          head
 *    |---sent------|---alarms read---|---alarms not read---|----not looked at----|
 *                  |------- money in between is sent ------|
 * ```
 */
export interface Aside {
  /** Read so far and not sent, oldest first. */
  readonly rows: readonly OutboxRow[];
  /** First position not looked at; never beyond the drain's. */
  readonly at: number;
  /** How many the drain has passed and this cursor has not; at least 1. */
  readonly left: number;
}

/** Rows held in memory. */
const MAX_ROWS = 500;
/** That may step aside in all: a flood of alarms does not make the drain read the whole ledger for money behind it. */
const MAX_LEFT = 10_000;

export function belongsAside(row: OutboxRow): boolean {
  return row.lane === "alarm";
}

/** Position of the first alarm that has stepped aside. */
export function asideFrom({ rows, at }: Aside): number {
  return rows[0]?.seq ?? at;
}

/** The drain passes a row: an alarm is left to this cursor. @returns undefined when no more may step aside. */
export function passBy(aside: Aside | undefined, row: OutboxRow): Aside | undefined {
  const { rows, at, left } = aside ?? { rows: [], at: row.seq, left: 0 };
  const isAlarm = belongsAside(row);
  if (isAlarm && left >= MAX_LEFT) return undefined;
  const isNext = at === row.seq && rows.length < MAX_ROWS;
  return {
    rows: isNext && isAlarm ? [...rows, row] : rows,
    at: isNext ? at + 1 : at,
    left: left + Number(isAlarm),
  };
}

/** Whether it should read on, for rows to be there when their turn comes. */
export function wantsAlarms({ rows, at }: Aside, next: number): boolean {
  return at < next && rows.length < MAX_ROWS / 2;
}

export function takeAsideRows(aside: Aside, page: readonly OutboxRow[], next: number): Aside {
  const rows = [...aside.rows];
  let { at } = aside;
  for (const row of page) {
    if (row.seq !== at || at >= next) continue;
    at += 1;
    if (belongsAside(row)) rows.push(row);
  }
  return { ...aside, rows, at };
}

/** The first so many have been dealt with. @returns undefined when none is left. */
export function dropAlarms(aside: Aside, count: number): Aside | undefined {
  const left = aside.left - count;
  return left === 0 ? undefined : { rows: aside.rows.slice(count), at: aside.at, left };
}
