import { noteDue } from "./again.ts";
import { announce, type Draft, goBack } from "./delivery-draft.ts";
import type { Ask, DeliveryEffect, ParkReason, Remembered } from "./delivery-state.ts";
import type { OutboxRow } from "./outbox.ts";

/** "Packet too large" (MQTT 5, 2.4): the broker's limit is kept to here, so that it need not say so itself. */
export const PACKET_TOO_LARGE = 0x95;

/**
 * Records that may be parked. When so many cannot be given to the broker it is the broker that is wrong, not they: from then
 * on they wait and are tried again, which loses nothing and does not turn a ledger into a car park.
 */
const PARKED_MAX = 100;

/**
 * Takes a record out of delivery. From now on nothing waits for it; the ledger is told, and through it headquarters.
 *
 * @returns false when no more may be parked, and for the records that tell of parking: without them nobody would know.
 */
export function park(
  draft: Draft,
  { seq, kind, lane, terminal }: OutboxRow,
  why: { readonly reason: ParkReason; readonly code?: number },
  effects: DeliveryEffect[],
): boolean {
  if (kind === "gap") return false;
  if (draft.parked.size >= PARKED_MAX) {
    effects.push({ do: "note", note: { what: "parkingFull", seq } });
    return false;
  }
  draft.parked.set(seq, { lane, ...(terminal === undefined ? {} : { terminal }) });
  draft.again.delete(seq);
  draft.overtook.delete(seq);
  draft.announced.delete(seq);
  effects.push({ do: "park", seq, ...why });
  return true;
}

/** A suspect was alone in flight too often when the broker ended the session. */
export function convict(draft: Draft, seq: number, effects: DeliveryEffect[]): void {
  if (draft.alone?.seq === seq) park(draft, draft.alone, { reason: "breaksTheLine" }, effects);
}

/** The ledger says now that it is parked. */
export function noteParked(draft: Draft, seq: number, gap: number, at: number): void {
  const row = draft.parked.get(seq);
  if (row === undefined) return;
  draft.parked.set(seq, { ...row, gap });
  draft.head = Math.max(draft.head, gap);
  announce(draft, gap, at);
}

/** Somebody wants it sent after all; the ledger says so. */
export function noteReleased(draft: Draft, seq: number, at: number): void {
  if (!draft.parked.delete(seq)) return;
  if (seq <= draft.mark) noteDue(draft.again, seq, "released", at);
  else goBack(draft, at);
}

/**
 * Retention has freed what is to be sent. Headquarters confirmed it once: it must find it elsewhere, and is told so.
 *
 * @param first  The oldest record that there is.
 */
export function declareFreed(
  draft: Draft,
  { from, limit, reader }: Ask,
  first: number,
  effects: DeliveryEffect[],
  at: number,
): void {
  const to = reader === "again" ? Math.min(first - 1, from + limit - 1) : first - 1;
  for (const seq of draft.again.keys()) if (seq >= from && seq <= to) draft.again.delete(seq);
  if (!isDeclared(draft, from, to, first)) {
    draft.unavailable = { from, to };
    effects.push({ do: "declareUnavailable", from, to });
  }
  if (to < draft.next) return;
  draft.floor = to;
  goBack(draft, at);
}

function isDeclared({ unavailable }: Draft, from: number, to: number, first: number): boolean {
  if (unavailable === undefined || from < unavailable.from || to > unavailable.to) return false;
  return unavailable.gap === undefined || unavailable.gap >= first;
}

export function noteUnavailable(draft: Draft, to: number, gap: number, at: number): void {
  if (draft.unavailable?.to !== to) return;
  draft.unavailable = { ...draft.unavailable, gap };
  draft.head = Math.max(draft.head, gap);
  announce(draft, gap, at);
}

/** What the ledger's gap records say from before this life of the daemon. */
export function remember(draft: Draft, { parked, released, unavailable }: Remembered, at: number): void {
  for (const [seq, row] of parked) draft.parked.set(seq, row);
  draft.unavailable = unavailable;
  for (const [seq, gap] of released) {
    if (gap > draft.mark && seq <= draft.mark) noteDue(draft.again, seq, "released", at);
  }
  goBack(draft, at);
}
