import type { Lane } from "../domain/record.ts";
import type { TerminalId } from "../domain/terminal.ts";

/** Records with the same key are sent in the order of their seq; others may overtake each other. */
export function orderKey(row: { readonly lane: Lane; readonly terminal?: TerminalId }): string {
  return `${row.lane}/${row.terminal ?? ""}`;
}
