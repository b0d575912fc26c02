import { due, isRefused } from "./again.ts";
import { asideFrom, wantsAlarms } from "./aside.ts";
import type { Draft } from "./delivery-draft.ts";
import type { Ask, DeliveryEffect, DeliveryInput } from "./delivery-state.ts";
import { nextUnread } from "./held-back.ts";
import { lookFrom, wantsMore } from "./look-ahead.ts";
import { PAGE_MAX } from "./outbox.ts";
import { lowestUnsent } from "./room.ts";
import { nextSuspect } from "./suspicion.ts";

/** Rows read and not sent below which the next page is asked for, so that reading and sending overlap. */
const READY_LOW = PAGE_MAX / 2;

/** Keeps reading ahead of sending: first what must go again, then the drain, then the look ahead of it. */
export function askForRows(draft: Draft, input: DeliveryInput, effects: DeliveryEffect[]): void {
  if (draft.asked !== undefined || input.at < draft.askNotBefore) return;
  const asked =
    draft.suspicion.suspects.size > 0
      ? askSuspect(draft, input.at)
      : (askAgain(draft, input.at) ?? askHeld(draft) ?? askInOrder(draft) ?? askAside(draft) ?? askAhead(draft, input));
  if (asked === undefined) return;
  draft.asked = asked;
  effects.push({ do: "ask", from: asked.from, limit: asked.limit });
}

function askSuspect({ suspicion, inFlight }: Draft, at: number): Ask | undefined {
  const from = nextSuspect(suspicion);
  if (from === undefined || inFlight.size > 0 || at < suspicion.quietUntil) return undefined;
  return { from, limit: 1, reader: "suspect" };
}

function askAgain(draft: Draft, at: number): Ask | undefined {
  if (draft.again.size === 0) return undefined;
  const unread = due(draft.again, at).flatMap(([seq, { row }]) => (row === undefined ? [seq] : []));
  const [from] = unread;
  if (from === undefined) return undefined;
  const run = unread.findIndex((seq, index) => seq !== from + index);
  return { from, limit: Math.min(PAGE_MAX, run === -1 ? unread.length : run), reader: "again" };
}

function askHeld({ held, again }: Draft): Ask | undefined {
  for (const [key, entry] of held) {
    const from = entry.rows.length === 0 && !isRefused(again, key) ? nextUnread(entry) : undefined;
    if (from !== undefined) return { from, limit: PAGE_MAX, reader: "held" };
  }
  return undefined;
}

function askInOrder({ ready, next, head }: Draft): Ask | undefined {
  const from = next + ready.length;
  if (ready.length >= READY_LOW || from > head) return undefined;
  return { from, limit: PAGE_MAX, reader: "drain" };
}

function askAside({ aside, next }: Draft): Ask | undefined {
  if (aside === undefined || !wantsAlarms(aside, next)) return undefined;
  return { from: aside.at, limit: Math.min(PAGE_MAX, next - aside.at), reader: "aside" };
}

/** Through the backlog a page a tick, so that a long one costs little processor time; fresh rows at once. */
function askAhead(draft: Draft, input: DeliveryInput): Ask | undefined {
  const drainAt = draft.aside === undefined ? draft.next : Math.min(draft.next, asideFrom(draft.aside));
  if (draft.rules.rate.perS === 0 || drainAt > draft.backlogEnd) {
    draft.lookAhead = undefined;
    return undefined;
  }
  draft.lookAhead ??= lookFrom(lowestUnsent(draft));
  const { at } = draft.lookAhead;
  const mayRead = at <= draft.head && wantsMore(draft.lookAhead);
  if (!mayRead || (at <= draft.backlogEnd && input.type !== "tick")) return undefined;
  return { from: at, limit: PAGE_MAX, reader: "lookAhead" };
}
