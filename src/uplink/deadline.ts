import type { RecordKind } from "../domain/record.ts";
import type { OutboxRow } from "./outbox.ts";

/** Kinds whose body may say in `deadline` (RFC 3339) when it is worth nothing any more: looked for in these alone. */
const MAY_HAVE_DEADLINE: ReadonlySet<RecordKind> = new Set(["preauth", "risk", "incident", "complaint"]);

/** In canonical JSON; inside a text its quotes would be escaped, so that nothing else can look like it. */
const MEMBER = '"deadline":"';
/** RFC 3339 with fractions and an offset is shorter. */
const MAX_TIME = 40;

/** ms since 1970; `undefined` where the record has none. Only good for comparing: no clock of ours is asked. */
export function deadlineOf({ kind, envelope }: OutboxRow): number | undefined {
  if (!MAY_HAVE_DEADLINE.has(kind)) return undefined;
  const text = typeof envelope === "string" ? envelope : Buffer.from(envelope).toString("latin1");
  const from = text.indexOf(MEMBER);
  if (from === -1) return undefined;
  const start = from + MEMBER.length;
  const end = text.indexOf('"', start);
  if (end === -1 || end - start > MAX_TIME) return undefined;
  const time = Date.parse(text.slice(start, end));
  return Number.isNaN(time) ? undefined : time;
}
