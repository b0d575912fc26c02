import { asideFrom } from "./aside.ts";
import type { DeliveryState, ParkedRow } from "./delivery-state.ts";
import { heldCount, lowestHeld } from "./held-back.ts";

type Positions = Pick<DeliveryState, "mark" | "floor" | "next" | "overtook" | "held" | "aside" | "parked">;

/** Records sent, or sent ahead, that nothing has confirmed. */
export function unconfirmedSent(state: Positions): number {
  return sentAbove(state, confirmedUpTo(state));
}

/** The mark, or what cannot be had any more. */
export function confirmedUpTo({ mark, floor }: Pick<DeliveryState, "mark" | "floor">): number {
  return Math.max(mark, floor);
}

/** The oldest position that is neither sent nor parked nor confirmed: what the mark will wait for. */
export function lowestUnsent({ next, aside, held }: Pick<DeliveryState, "next" | "aside" | "held">): number {
  const lowest = aside === undefined ? next : Math.min(next, asideFrom(aside));
  return held.size === 0 ? lowest : Math.min(lowest, lowestHeld(held));
}

/**
 * Whether one more may be sent without a confirmation. What is sent ahead of an older unsent record stays unconfirmed until
 * that has gone: so half of the room is kept for the oldest, and nothing that goes ahead can stop it.
 */
export function mayBeUnconfirmed(state: DeliveryState, seq: number): boolean {
  const { unreceiptedMax } = state.rules;
  if (unconfirmedSent(state) >= unreceiptedMax) return false;
  const lowest = lowestUnsent(state);
  return seq <= lowest || (sentAbove(state, lowest - 1) + 1) * 2 <= unreceiptedMax;
}

/** Whether the cursor that the row belongs to has been by it. */
export function isPassed({ next, aside }: Pick<DeliveryState, "next" | "aside">, seq: number, row: ParkedRow): boolean {
  return seq < (aside !== undefined && row.lane === "alarm" ? Math.min(next, asideFrom(aside)) : next);
}

/** All that was sent above a position at or below the lowest unsent one. */
function sentAbove(state: Positions, position: number): number {
  const { next, overtook, held, aside, parked } = state;
  let unsent = aside?.left ?? 0;
  if (held.size > 0) unsent += heldCount(held);
  if (parked.size > 0) {
    for (const [seq, row] of parked) if (seq > position && isPassed(state, seq, row)) unsent += 1;
  }
  return next - 1 - position + overtook.size - unsent;
}
