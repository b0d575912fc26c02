import type { RecordChannel } from "../contract/topics.ts";
import { due, noteSent } from "./again.ts";
import type { Draft } from "./delivery-draft.ts";
import { type Ask, type DeliveryEffect, type DeliveryInput, unconfirmedSent } from "./delivery-state.ts";
import { lookFrom, wantsMore } from "./look-ahead.ts";
import { orderKey } from "./order-key.ts";
import { type OutboxRow, PAGE_MAX } from "./outbox.ts";
import { take } from "./token-bucket.ts";

/** Rows read and not sent below which the next page is asked for, so that reading and sending overlap. */
const READY_LOW = PAGE_MAX / 2;
/** Order keys remembered before confirmed ones are forgotten. */
const NEWEST_SENT_MAX = 1_024;

/** There is a session and, where headquarters must confirm, somebody there to do so. */
export function maySend({ rules, window, hq }: Draft): boolean {
  return window > 0 && (rules.confirm === "broker" || hq !== undefined);
}

/** What was refused or is missing, as far as it has been read from the ledger. */
export function sendAgain(draft: Draft, at: number, effects: DeliveryEffect[]): void {
  if (draft.again.size === 0) return;
  for (const [seq, entry] of due(draft.again, at)) {
    if (draft.inFlight.size >= draft.window) return;
    if (entry.row === undefined || draft.inFlight.has(seq)) continue;
    noteSent(draft.again, seq, entry, at, draft.rules.missingGraceMs);
    send(draft, entry.row, "replay", effects);
  }
}

/** News of terminals without a backlog, free of charge, while others' backlog drains. */
export function sendOvertaking(draft: Draft, at: number, effects: DeliveryEffect[]): void {
  const { lookAhead } = draft;
  if (lookAhead === undefined) return;
  let sent = 0;
  for (const row of lookAhead.overtaking) {
    if (row.seq >= draft.next) {
      // They stay unconfirmed until the drain has come by: half of the room is its own.
      if (!hasRoom(draft) || (draft.overtook.size + 1) * 2 > draft.rules.unreceiptedMax) break;
      noteProgressPossible(draft, at);
      sendFirst(draft, row, effects);
      draft.overtook.add(row.seq);
    }
    sent += 1;
  }
  if (sent > 0) draft.lookAhead = { ...lookAhead, overtaking: lookAhead.overtaking.slice(sent) };
}

/** The drain itself: from `next` on, backlog only as fast as its rate allows. */
export function sendInOrder(draft: Draft, at: number, effects: DeliveryEffect[]): void {
  let passed = 0;
  for (const row of draft.ready) {
    if (draft.overtook.delete(row.seq)) {
      noteNewest(draft, row);
    } else if (draft.inFlight.has(row.seq)) {
      // From before a going back: it is under way still, and unconfirmed like those before it.
      if (!mayBeUnconfirmed(draft)) break;
      noteNewest(draft, row);
    } else {
      if (!hasRoom(draft)) break;
      if (draft.rules.rate.perS > 0 && row.seq <= draft.backlogEnd) {
        const rest = take(draft.bucket);
        if (rest === undefined) break;
        draft.bucket = rest;
      }
      noteProgressPossible(draft, at);
      sendFirst(draft, row, effects);
    }
    draft.next = row.seq + 1;
    passed += 1;
  }
  if (passed > 0) draft.ready = draft.ready.slice(passed);
}

function hasRoom(draft: Draft): boolean {
  return draft.inFlight.size < draft.window && mayBeUnconfirmed(draft);
}

function mayBeUnconfirmed(draft: Draft): boolean {
  return unconfirmedSent(draft) < draft.rules.unreceiptedMax;
}

/** The deadline for headquarters' word counts from the first record that it could speak of. */
function noteProgressPossible(draft: Draft, at: number): void {
  if (unconfirmedSent(draft) === 0) draft.progressAt = at;
}

function sendFirst(draft: Draft, row: OutboxRow, effects: DeliveryEffect[]): void {
  const isNews = (draft.newestSent.get(orderKey(row)) ?? 0) <= draft.mark;
  noteNewest(draft, row);
  if (draft.newestSent.size > NEWEST_SENT_MAX) forgetConfirmed(draft);
  send(draft, row, isNews ? "records" : "replay", effects);
}

/** The drain may come by a record after later ones of its key have overtaken. */
function noteNewest(draft: Draft, row: OutboxRow): void {
  const key = orderKey(row);
  draft.newestSent.set(key, Math.max(draft.newestSent.get(key) ?? 0, row.seq));
}

function forgetConfirmed(draft: Draft): void {
  for (const [key, seq] of draft.newestSent) if (seq <= draft.mark) draft.newestSent.delete(key);
}

function send(draft: Draft, row: OutboxRow, channel: RecordChannel, effects: DeliveryEffect[]): void {
  draft.inFlight.add(row.seq);
  effects.push({ do: "send", row, channel });
}

/** Keeps reading ahead of sending: first what must go again, then the drain, then the look ahead of it. */
export function askForRows(draft: Draft, input: DeliveryInput, effects: DeliveryEffect[]): void {
  if (draft.asked !== undefined || input.at < draft.askNotBefore) return;
  const asked = askAgain(draft, input.at) ?? askInOrder(draft) ?? askAhead(draft, input);
  if (asked === undefined) return;
  draft.asked = asked;
  effects.push({ do: "ask", from: asked.from, limit: asked.limit });
}

function askAgain(draft: Draft, at: number): Ask | undefined {
  if (draft.again.size === 0) return undefined;
  const unread = due(draft.again, at).flatMap(([seq, { row }]) => (row === undefined ? [seq] : []));
  const [from] = unread;
  if (from === undefined) return undefined;
  const run = unread.findIndex((seq, index) => seq !== from + index);
  return { from, limit: Math.min(PAGE_MAX, run === -1 ? unread.length : run), reader: "again" };
}

function askInOrder({ ready, next, head }: Draft): Ask | undefined {
  const from = next + ready.length;
  if (ready.length >= READY_LOW || from > head) return undefined;
  return { from, limit: PAGE_MAX, reader: "drain" };
}

/** Through the backlog a page a tick, so that a long one costs little processor time; fresh rows at once. */
function askAhead(draft: Draft, input: DeliveryInput): Ask | undefined {
  if (draft.rules.rate.perS === 0 || draft.next > draft.backlogEnd) {
    draft.lookAhead = undefined;
    return undefined;
  }
  draft.lookAhead ??= lookFrom(draft.next);
  const { at } = draft.lookAhead;
  const mayRead = at <= draft.head && wantsMore(draft.lookAhead);
  if (!mayRead || (at <= draft.backlogEnd && input.type !== "tick")) return undefined;
  return { from: at, limit: PAGE_MAX, reader: "lookAhead" };
}
