import { type Again, noteDue } from "./again.ts";
import { asideFrom, dropAlarms } from "./aside.ts";
import { LEAST_SHARE } from "./congestion.ts";
import type { DeliveryState, Flight, ParkedRow } from "./delivery-state.ts";
import { forgetHeldUpTo, type HeldBack, holdBack } from "./held-back.ts";
import { confirmedUpTo } from "./room.ts";
import { acquit } from "./suspicion.ts";
import { refill } from "./token-bucket.ts";

/** A state in the making: one step owns it, and nobody sees it before the step is done. */
export type Draft = { -readonly [K in keyof DeliveryState]: DeliveryState[K] } & {
  readonly inFlight: Set<number>;
  readonly flights: Map<number, Flight>;
  readonly again: Map<number, Again>;
  readonly held: Map<string, HeldBack>;
  readonly overtook: Set<number>;
  readonly announced: Set<number>;
  readonly deadlines: Map<number, number>;
  readonly newestSent: Map<string, number>;
  readonly parked: Map<number, ParkedRow>;
};

export function draftOf(state: DeliveryState, at: number): Draft {
  const { rules, congestion } = state;
  const perS = rules.drainControl ? rules.rate.perS * Math.max(congestion.share, LEAST_SHARE) : rules.rate.perS;
  return {
    ...state,
    inFlight: new Set(state.inFlight),
    flights: new Map(state.flights),
    again: new Map(state.again),
    held: new Map(state.held),
    overtook: new Set(state.overtook),
    announced: new Set(state.announced),
    deadlines: new Map(state.deadlines),
    newestSent: new Map(state.newestSent),
    parked: new Map(state.parked),
    bucket: refill(state.bucket, { perS, burst: rules.rate.burst }, at),
  };
}

/** Everything unconfirmed is unsent again. What is in flight stays so: it is not sent twice at once. */
export function goBack(draft: Draft, at: number): void {
  // What is sent once more is no news, whatever became of it the first time.
  draft.sentBefore = Math.max(draft.sentBefore, draft.next - 1, ...draft.overtook, ...draft.announced);
  draft.next = confirmedUpTo(draft) + 1;
  draft.ready = [];
  draft.aside = undefined;
  draft.overtook.clear();
  draft.deadlines.clear();
  draft.newestSent.clear();
  draft.lookAhead = undefined;
  draft.backlogEnd = draft.head;
  draft.trail = [];
  draft.progressAt = at;
  draft.held.clear();
  for (const [seq, { why, key }] of draft.again) {
    if (why === "missing" || why === "standIn") draft.again.delete(seq);
    else if (why === "refused" && key !== undefined) holdBack(draft.held, key);
  }
  announceGaps(draft, at);
}

/**
 * Headquarters must hear of what it will not get before anything else: until then its receipts stand still before that.
 * So the gap records that say so take the place of what they tell of, ahead of the drain.
 */
function announceGaps(draft: Draft, at: number): void {
  draft.announced.clear();
  const gaps = [...draft.parked.values(), draft.unavailable].flatMap((told) => told?.gap ?? []);
  for (const gap of gaps) announce(draft, gap, at);
}

export function announce(draft: Draft, gap: number, at: number): void {
  const isOnItsWay = draft.inFlight.has(gap) || draft.overtook.has(gap) || draft.announced.has(gap);
  if (gap >= draft.next && !isOnItsWay) noteDue(draft.again, gap, "standIn", at);
}

/** The mark has moved: forgets what stood below it. */
export function moveMark(draft: Draft, mark: number, at: number): void {
  draft.mark = mark;
  draft.markSession = draft.hq;
  draft.progressAt = at;
  draft.fruitless = 0;
  for (const seq of draft.overtook) if (seq <= mark) draft.overtook.delete(seq);
  for (const seq of draft.announced) if (seq <= mark) draft.announced.delete(seq);
  for (const [seq, { why }] of draft.again) {
    if ((why === "refused" || why === "standIn") && seq <= mark) draft.again.delete(seq);
  }
  forgetHeldUpTo(draft.held, mark);
  draft.suspicion = acquit(draft.suspicion, (seq) => seq <= mark);
  forgetAlarmsUpTo(draft, mark, at);
  if (draft.next > mark) return;
  draft.next = mark + 1;
  draft.ready = draft.ready.filter((row) => row.seq > mark);
}

function forgetAlarmsUpTo(draft: Draft, mark: number, at: number): void {
  if (draft.aside === undefined) return;
  draft.aside = dropAlarms(draft.aside, draft.aside.rows.filter((row) => row.seq <= mark).length);
  // Headquarters has alarms that were sent before the last going back and not looked at since: how many, nobody knows.
  if (draft.aside !== undefined && asideFrom(draft.aside) <= mark) goBack(draft, at);
}
