import type { EntryMode } from "../../../domain/transaction.ts";
import type { FixedLayout } from "../codec/fields.ts";

// Fields of fixed width; positions as in the tables of developer.nexigroup.com/traditionalpos, one page for each command.

export const HEAD: FixedLayout = [
  ["terminal", 8],
  ["reserved", 1],
  ["name", 1],
];

/** "Terminal status": behind the head. The software release fills the rest. */
export const STATUS: FixedLayout = [
  ["reserved1", 10],
  ["dateTime", 10],
  ["status", 1],
];

export const RESULT: FixedLayout = [["result", 2]];

/** "Payment", "Reversal": behind the result when that is 00. */
export const APPROVED: FixedLayout = [
  ["card", 19],
  ["entry", 3],
  ["authCode", 6],
  ["hostTime", 7],
];

/** The same when it is not. */
export const REFUSED: FixedLayout = [
  ["text", 24],
  ["reserved1", 11],
];

/** Behind either of them. `action` and `amount` stand in V, and in E after X; `action` in E after S. */
export const COMMON: FixedLayout = [
  ["cardType", 1],
  ["acquirer", 11],
  ["stan", 6],
  ["onlineId", 6],
  ["action", 3],
  ["amount", 8],
];

/** "Close session": behind the result when that is 00. */
export const CLOSED: FixedLayout = [
  ["amount", 16],
  ["hostAmount", 16],
];

export const NOT_CLOSED: FixedLayout = [
  ["text", 19],
  ["action", 3],
];

/** How the card was read. */
export const ENTRIES: Readonly<Record<string, EntryMode["method"]>> = {
  ICC: "chip",
  MAG: "magstripe",
  MAN: "keyed",
  CLM: "contactlessMagstripe",
  CLI: "contactless",
};
