import { assertNever } from "../domain/assert-never.ts";
import { takeAsideRows } from "./aside.ts";
import { deadlineOf } from "./deadline.ts";
import type { Draft } from "./delivery-draft.ts";
import type { Ask, DeliveryEffect, DeliveryInput } from "./delivery-state.ts";
import { takeHeldRows } from "./held-back.ts";
import { look } from "./look-ahead.ts";
import type { OutboxRow } from "./outbox.ts";
import { declareFreed } from "./parking.ts";
import { cursorOf, maySend, sendSuspect } from "./sending.ts";
import { acquit } from "./suspicion.ts";

/** ms before a page that did not come is asked for again. */
const ASK_AGAIN_MS = 1_000;

/** Hands a page to whoever asked for it. */
export function takeRows(
  draft: Draft,
  { rows, first, at }: Extract<DeliveryInput, { type: "rows" }>,
  effects: DeliveryEffect[],
): void {
  const { asked } = draft;
  if (asked === undefined) return;
  draft.asked = undefined;
  if (rows[0]?.seq !== asked.from) {
    takeNothing(draft, asked, first, at, effects);
    return;
  }
  draft.head = Math.max(draft.head, rows.at(-1)?.seq ?? 0);
  switch (asked.reader) {
    case "drain":
      takeForDrain(draft, rows);
      return;
    case "aside":
      if (draft.aside === undefined) return;
      draft.aside = takeAsideRows(draft.aside, rows, draft.next);
      noteDeadlines(draft, draft.aside.rows);
      return;
    case "held":
      for (const [key, entry] of draft.held) draft.held.set(key, takeHeldRows(entry, rows));
      return;
    case "again":
      for (const row of rows) {
        const entry = draft.again.get(row.seq);
        if (entry !== undefined && !entry.sent) draft.again.set(row.seq, { ...entry, row });
      }
      return;
    case "suspect":
      if (maySend(draft)) sendSuspect(draft, rows[0], at, effects);
      return;
    case "lookAhead":
      if (draft.lookAhead === undefined) return;
      ({ ahead: draft.lookAhead, backlogEnd: draft.backlogEnd } = look(
        draft.lookAhead,
        rows,
        (row) => cursorOf(draft, row),
        draft.backlogEnd,
      ));
      return;
    default:
      assertNever(asked.reader);
  }
}

/** Between question and answer the drain may have moved on, or gone back. */
function takeForDrain(draft: Draft, rows: readonly OutboxRow[]): void {
  const wanted = draft.next + draft.ready.length;
  const fresh = rows.filter((row) => row.seq >= wanted);
  if (fresh[0]?.seq !== wanted) return;
  draft.ready = [...draft.ready, ...fresh];
  noteDeadlines(draft, fresh);
}

function takeNothing(draft: Draft, asked: Ask, first: number, at: number, effects: DeliveryEffect[]): void {
  draft.askNotBefore = at + ASK_AGAIN_MS;
  // A suspect that cannot be read cannot break the line either.
  if (asked.reader === "suspect") draft.suspicion = acquit(draft.suspicion, (seq) => seq === asked.from);
  if (asked.from < first) {
    declareFreed(draft, asked, first, effects, at);
    return;
  }
  // It cannot be had now: the receipts will go on naming it.
  if (draft.again.get(asked.from)?.why === "missing") draft.again.delete(asked.from);
  effects.push({ do: "note", note: { what: "unreadable", from: asked.from, reader: asked.reader } });
}

/** Without a limited rate nothing waits long enough for its deadline to matter. */
function noteDeadlines(draft: Draft, rows: readonly OutboxRow[]): void {
  if (draft.rules.rate.perS === 0) return;
  for (const row of rows) {
    const deadline = deadlineOf(row);
    if (deadline !== undefined) draft.deadlines.set(row.seq, deadline);
  }
}
