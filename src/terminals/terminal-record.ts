import type { TerminalEvent, TerminalRecord } from "../domain/terminal.ts";

/** Those that supervision writes, and reads again. */
const OURS: ReadonlySet<string> = new Set<TerminalEvent>([
  "stateChanged",
  "identified",
  "recoveryTried",
  "paused",
  "resumed",
  "settled",
  "diagnosed",
  "selftested",
  "replaced",
  "maintenanceDue",
]);

/** `undefined` for a record of another kind, or one that supervision does not write. @param envelope  Parsed, not trusted. */
export function terminalRecordOf(envelope: {
  readonly kind?: unknown;
  readonly body?: unknown;
}): TerminalRecord | undefined {
  return envelope.kind === "terminal" && isTerminalRecord(envelope.body) ? envelope.body : undefined;
}

/** Looks at what decides how a record is read. The rest was written by this program and is covered by its hash. */
function isTerminalRecord(body: unknown): body is TerminalRecord {
  if (typeof body !== "object" || body === null || !("event" in body)) return false;
  if (typeof body.event !== "string" || !OURS.has(body.event)) return false;
  return !("detail" in body) || (typeof body.detail === "object" && body.detail !== null);
}

/** A text of the record's detail; `undefined` when it has none of that name. */
export function textOf({ detail = {} }: TerminalRecord, name: string): string | undefined {
  const value = detail[name];
  return typeof value === "string" ? value : undefined;
}
