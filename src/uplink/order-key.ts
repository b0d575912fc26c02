import type { OutboxRow } from "./outbox.ts";

/** Records with the same key are sent in the order of their seq; others may overtake each other. */
export function orderKey(row: OutboxRow): string {
  return `${row.lane}/${row.terminal ?? ""}`;
}
