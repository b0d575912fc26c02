import type { RecordChannel } from "../contract/topics.ts";
import { inFlightAllowed, noteBusy } from "./congestion.ts";
import type { Draft } from "./delivery-draft.ts";
import { backlogShare, type DeliveryEffect } from "./delivery-state.ts";
import { orderKey } from "./order-key.ts";
import type { OutboxRow } from "./outbox.ts";
import { confirmedUpTo, mayBeUnconfirmed, unconfirmedSent } from "./room.ts";
import { take } from "./token-bucket.ts";

/** Order keys remembered before confirmed ones are forgotten. */
const NEWEST_SENT_MAX = 1_024;

export function hasRoom(draft: Draft, seq: number): boolean {
  return draft.inFlight.size < draft.window && mayBeUnconfirmed(draft, seq);
}

export function isBacklog({ backlogEnd }: Draft, row: OutboxRow): boolean {
  return row.seq <= backlogEnd;
}

/** A backlog's row pays for being sent, and leaves half of the window, or more where the line is narrow, to others. */
export function pays(draft: Draft, row: OutboxRow): boolean {
  const { rules } = draft;
  if (rules.rate.perS === 0 || !isBacklog(draft, row)) return true;
  const most = backlogShare(draft.window);
  const allowed = rules.drainControl ? inFlightAllowed(draft.congestion, most) : most;
  let inFlight = 0;
  for (const flight of draft.flights.values()) inFlight += Number(flight.isBacklog);
  if (inFlight >= allowed) return false;
  const rest = take(draft.bucket);
  if (rest === undefined) return false;
  draft.bucket = rest;
  return true;
}

/** The deadline for headquarters' word counts from the first record that it could speak of. */
export function noteProgressPossible(draft: Draft, at: number): void {
  if (unconfirmedSent(draft) === 0) draft.progressAt = at;
}

export function sendFirst(draft: Draft, row: OutboxRow, paid: boolean, at: number, effects: DeliveryEffect[]): void {
  const isNews = row.seq > draft.sentBefore && (draft.newestSent.get(orderKey(row)) ?? 0) <= confirmedUpTo(draft);
  noteNewest(draft, row);
  if (draft.newestSent.size > NEWEST_SENT_MAX) forgetConfirmed(draft);
  send(draft, row, { channel: isNews ? "records" : "replay", isBacklog: paid }, at, effects);
}

/** The drain may come by a record after later ones of its key have overtaken. */
export function noteNewest(draft: Draft, row: OutboxRow): void {
  const key = orderKey(row);
  draft.newestSent.set(key, Math.max(draft.newestSent.get(key) ?? 0, row.seq));
}

function forgetConfirmed(draft: Draft): void {
  for (const [key, seq] of draft.newestSent) if (seq <= draft.mark) draft.newestSent.delete(key);
}

interface Sending {
  readonly channel: RecordChannel;
  /** It counts for what a backlog may have in flight. */
  readonly isBacklog: boolean;
}

export function send(draft: Draft, row: OutboxRow, how: Sending, at: number, effects: DeliveryEffect[]): void {
  draft.inFlight.add(row.seq);
  if (draft.rules.rate.perS > 0) {
    draft.flights.set(row.seq, { at, isBacklog: how.isBacklog });
    if (how.isBacklog) draft.congestion = noteBusy(draft.congestion, at);
  }
  effects.push({ do: "send", row, channel: how.channel });
}
