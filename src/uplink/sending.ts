import { due, isRefused, noteSent } from "./again.ts";
import { asideFrom, belongsAside, dropAlarms, passBy } from "./aside.ts";
import type { Draft } from "./delivery-draft.ts";
import type { DeliveryEffect } from "./delivery-state.ts";
import { hasRoom, isBacklog, noteNewest, noteProgressPossible, pays, send, sendFirst } from "./dispatch.ts";
import { dropFirst, keepWaiting } from "./held-back.ts";
import { letWait } from "./look-ahead.ts";
import { orderKey } from "./order-key.ts";
import type { OutboxRow } from "./outbox.ts";
import { mayBeUnconfirmed } from "./room.ts";
import { nextSuspect } from "./suspicion.ts";

/** There is a session and, where headquarters must confirm, somebody there to do so. */
export function maySend({ rules, window, hq }: Draft): boolean {
  return window > 0 && (rules.confirm === "broker" || hq !== undefined);
}

/** Everything that may go now, what is most urgent first. */
export function sendAll(draft: Draft, at: number, effects: DeliveryEffect[]): void {
  sendAgain(draft, at, effects);
  sendHeld(draft, at, effects);
  sendOvertaking(draft, at, effects);
  sendUrgent(draft, draft.ready, at, effects);
  sendInOrder(draft, at, effects);
  if (draft.aside === undefined || isMoneyComing(draft)) return;
  sendUrgent(draft, draft.aside.rows, at, effects);
  sendAside(draft, at, effects);
}

/**
 * A suspect goes alone (see suspicion.ts).
 *
 * @param row  Of the suspect, once it is read.
 */
export function sendSuspect(draft: Draft, row: OutboxRow, at: number, effects: DeliveryEffect[]): void {
  if (draft.inFlight.size > 0 || at < draft.suspicion.quietUntil || nextSuspect(draft.suspicion) !== row.seq) return;
  if (row.seq >= draft.next) draft.overtook.add(row.seq);
  draft.alone = row;
  send(draft, row, { channel: "replay", isBacklog: false }, at, effects);
}

/** What was refused, is missing or was released, and what tells of gaps, as far as it has been read from the ledger. */
function sendAgain(draft: Draft, at: number, effects: DeliveryEffect[]): void {
  if (draft.again.size === 0) return;
  for (const [seq, entry] of due(draft.again, at)) {
    if (draft.inFlight.size >= draft.window) return;
    if (entry.row === undefined || draft.inFlight.has(seq)) continue;
    if (entry.why === "standIn") {
      draft.again.delete(seq);
      // The drain, or the look ahead of it, was quicker.
      if (seq < draft.next || draft.overtook.has(seq)) continue;
      draft.announced.add(seq);
    } else {
      noteSent(draft.again, seq, entry, at, draft.rules.missingGraceMs);
    }
    send(draft, entry.row, { channel: "replay", isBacklog: false }, at, effects);
  }
}

/** What stood behind a refused record that has gone at last, in its order. */
function sendHeld(draft: Draft, at: number, effects: DeliveryEffect[]): void {
  for (const key of draft.held.keys()) {
    if (isRefused(draft.again, key)) continue;
    for (let entry = draft.held.get(key); entry !== undefined; entry = draft.held.get(key)) {
      const [row] = entry.rows;
      if (entry.seqs.length === 0) draft.held.delete(key);
      if (row === undefined || !hasRoom(draft, row.seq) || !pays(draft, row)) break;
      draft.held.set(key, dropFirst(entry));
      sendFirst(draft, row, isBacklog(draft, row), at, effects);
    }
  }
}

/** News of terminals without a backlog, free of charge, while others' backlog drains. */
function sendOvertaking(draft: Draft, at: number, effects: DeliveryEffect[]): void {
  const { lookAhead } = draft;
  if (lookAhead === undefined) return;
  let done = 0;
  for (const row of lookAhead.overtaking) {
    if (row.seq >= cursorOf(draft, row) && !draft.overtook.has(row.seq) && !draft.announced.has(row.seq)) {
      const key = orderKey(row);
      if (draft.held.has(key) || (draft.lookAhead?.waiting.get(key) ?? 0) >= cursorOf(draft, row)) {
        // Its key has got something that must wait since it was looked at: now it waits too.
        ({ ahead: draft.lookAhead, backlogEnd: draft.backlogEnd } = letWait(
          draft.lookAhead ?? lookAhead,
          row,
          draft.backlogEnd,
        ));
      } else {
        if (!hasRoom(draft, row.seq)) break;
        noteProgressPossible(draft, at);
        sendFirst(draft, row, false, at, effects);
        draft.overtook.add(row.seq);
      }
    }
    done += 1;
  }
  if (done > 0 && draft.lookAhead !== undefined) {
    draft.lookAhead = { ...draft.lookAhead, overtaking: lookAhead.overtaking.slice(done) };
  }
}

/** Position up to which the cursor that this row belongs to has come. */
export function cursorOf({ aside, next }: Draft, row: OutboxRow): number {
  return aside !== undefined && belongsAside(row) ? Math.min(next, asideFrom(aside)) : next;
}

/**
 * Of the order keys whose oldest unsent row has a deadline, the earliest deadline first: as far as rows are read ahead,
 * which is where the oldest of each busy key stand.
 */
function sendUrgent(draft: Draft, rows: readonly OutboxRow[], at: number, effects: DeliveryEffect[]): void {
  while (draft.deadlines.size > 0) {
    const row = mostUrgent(draft, rows);
    if (row === undefined || !hasRoom(draft, row.seq) || !pays(draft, row)) return;
    draft.deadlines.delete(row.seq);
    noteProgressPossible(draft, at);
    sendFirst(draft, row, true, at, effects);
    draft.overtook.add(row.seq);
  }
}

function mostUrgent(draft: Draft, rows: readonly OutboxRow[]): OutboxRow | undefined {
  const seen = new Set<string>();
  let urgent: OutboxRow | undefined;
  let earliest = Infinity;
  for (const row of rows) {
    const { seq } = row;
    if (seq > draft.backlogEnd) break;
    // An alarm that the drain is going to leave to the cursor behind it has its turn there.
    if (rows === draft.ready && belongsAside(row)) continue;
    if (draft.parked.has(seq)) continue;
    if (isUnderWay(draft, seq)) {
      noteNewest(draft, row);
      continue;
    }
    const key = orderKey(row);
    if (seen.has(key) || draft.held.has(key)) continue;
    seen.add(key);
    const deadline = draft.deadlines.get(seq) ?? Infinity;
    if (deadline >= earliest) continue;
    urgent = row;
    earliest = deadline;
  }
  return urgent;
}

function isUnderWay({ overtook, announced, inFlight }: Draft, seq: number): boolean {
  return overtook.has(seq) || announced.has(seq) || inFlight.has(seq);
}

/** The drain itself: from `next` on, backlog only as fast as its rate allows, and money before alarms. */
function sendInOrder(draft: Draft, at: number, effects: DeliveryEffect[]): void {
  let passed = 0;
  for (const row of draft.ready) {
    if (belongsAside(row) && stepsAside(draft, row)) {
      const aside = passBy(draft.aside, row);
      if (aside === undefined) break;
      draft.aside = aside;
    } else {
      if (!dealWith(draft, row, at, effects)) break;
      draft.deadlines.delete(row.seq);
      if (draft.aside !== undefined) draft.aside = passBy(draft.aside, row);
    }
    draft.next = row.seq + 1;
    passed += 1;
  }
  if (passed > 0) draft.ready = draft.ready.slice(passed);
}

/** An alarm of a backlog, one behind others, and one that could not go at once anyway. */
function stepsAside(draft: Draft, row: OutboxRow): boolean {
  return draft.aside !== undefined || row.seq <= draft.backlogEnd || !hasRoom(draft, row.seq);
}

/** There is money that can go, or may be among what is read next: alarms wait for it. */
function isMoneyComing(draft: Draft): boolean {
  const [first] = draft.ready;
  if (first === undefined) return draft.next <= draft.head;
  return !belongsAside(first) && mayBeUnconfirmed(draft, first.seq) && !draft.held.has(orderKey(first));
}

function sendAside(draft: Draft, at: number, effects: DeliveryEffect[]): void {
  const { aside } = draft;
  if (aside === undefined) return;
  let passed = 0;
  for (const row of aside.rows) {
    if (!dealWith(draft, row, at, effects)) break;
    draft.deadlines.delete(row.seq);
    passed += 1;
    // Step by step: what may be sent ahead depends on how far this cursor has come.
    draft.aside = dropAlarms(aside, passed);
  }
}

/** @returns false when the row can neither be sent nor passed now. */
function dealWith(draft: Draft, row: OutboxRow, at: number, effects: DeliveryEffect[]): boolean {
  const { seq } = row;
  if (draft.parked.size > 0 && draft.parked.has(seq)) return true;
  if (draft.overtook.delete(seq)) {
    noteNewest(draft, row);
    return true;
  }
  // From before a going back, or going by itself: under way, and unconfirmed like those before it.
  const again = draft.again.get(seq);
  if (draft.inFlight.has(seq) || draft.announced.has(seq) || (again !== undefined && again.why !== "standIn")) {
    if (!mayBeUnconfirmed(draft, seq)) return false;
    draft.announced.delete(seq);
    noteNewest(draft, row);
    return true;
  }
  if (draft.held.size > 0) {
    const key = orderKey(row);
    if (draft.held.has(key)) return keepWaiting(draft.held, key, seq);
  }
  if (!hasRoom(draft, seq) || !pays(draft, row)) return false;
  noteProgressPossible(draft, at);
  sendFirst(draft, row, isBacklog(draft, row), at, effects);
  return true;
}
