import type { Receipt } from "../contract/receipt.ts";
import { assertNever } from "../domain/assert-never.ts";
import { noteMissing, noteSessionLost } from "./again.ts";
import { askForRows } from "./asking.ts";
import { noteAcquirer, openLine } from "./congestion.ts";
import { type Draft, draftOf, goBack, moveMark } from "./delivery-draft.ts";
import { backlogShare, type DeliveryEffect, type DeliveryInput, type DeliveryState } from "./delivery-state.ts";
import { isBehind } from "./hq-behind.ts";
import { convict, noteParked, noteReleased, noteUnavailable, remember } from "./parking.ts";
import { takeAcks } from "./pubacks.ts";
import { lowestUnsent, unconfirmedSent } from "./room.ts";
import { takeRows } from "./rows.ts";
import { maySend, sendAll } from "./sending.ts";
import { sessionEndedByBroker, sessionOpened } from "./suspicion.ts";

/** The receipt deadline is doubled at most so often: 30 s become 8 min. */
const MAX_DOUBLINGS = 4;

/**
 * Decides what is sent, sent again, asked of the ledger and confirmed to it. Knows no clock, socket or store.
 *
 * What holds after every step: the mark never passes a record that is neither confirmed nor parked, and goes back only where
 * headquarters says that it has lost what it had; first sends of one order key are in order of seq; at most `window` records
 * are in flight, none twice, and at most half of them a backlog's where its rate is limited; at most `unreceiptedMax` were
 * sent beyond the mark; while a record is suspected of breaking the line, nothing else is in flight.
 */
export function step(
  state: DeliveryState,
  input: DeliveryInput,
): { readonly state: DeliveryState; readonly effects: readonly DeliveryEffect[] } {
  const draft = draftOf(state, input.at);
  const effects: DeliveryEffect[] = [];
  takeIn(draft, input, effects);
  if (maySend(draft)) {
    if (draft.suspicion.suspects.size === 0) sendAll(draft, input.at, effects);
    askForRows(draft, input, effects);
  }
  return { state: draft, effects };
}

function takeIn(draft: Draft, input: DeliveryInput, effects: DeliveryEffect[]): void {
  const { at } = input;
  switch (input.type) {
    case "sessionOpened":
      draft.window = Math.min(draft.rules.window, input.receiveMaximum);
      draft.suspicion = sessionOpened(draft.suspicion, at);
      draft.congestion = openLine(backlogShare(draft.window), draft.congestion, at);
      goBack(draft, at);
      return;
    case "sessionLost":
      takeSessionLost(draft, input.byBroker, at, effects);
      return;
    case "hq":
      takeHqStatus(draft, input.session, at);
      return;
    case "appended":
      draft.head = Math.max(draft.head, input.head);
      return;
    case "rows":
      takeRows(draft, input, effects);
      return;
    case "acked":
      takeAcks(draft, input.acks, at, effects);
      return;
    case "receipt":
      takeReceipt(draft, input.receipt, at, effects);
      return;
    case "remembered":
      remember(draft, input.remembered, at);
      return;
    case "parked":
      noteParked(draft, input.seq, input.gap, at);
      return;
    case "unavailable":
      noteUnavailable(draft, input.to, input.gap, at);
      return;
    case "released":
      noteReleased(draft, input.seq, at);
      return;
    case "acquirer":
      draft.congestion = noteAcquirer(draft.congestion, input.ms, backlogShare(draft.rules.window), at);
      return;
    case "tick":
      keepTrail(draft, at);
      checkProgress(draft, at, effects);
      return;
    default:
      assertNever(input);
  }
}

function takeSessionLost(draft: Draft, byBroker: boolean, at: number, effects: DeliveryEffect[]): void {
  if (byBroker) {
    const { suspicion, convicted } = sessionEndedByBroker(draft.suspicion, draft.inFlight);
    draft.suspicion = suspicion;
    if (convicted !== undefined) convict(draft, convicted, effects);
  }
  draft.window = 0;
  draft.hq = undefined;
  draft.inFlight.clear();
  draft.flights.clear();
  noteSessionLost(draft.again, at);
  goBack(draft, at);
}

/** A new session of headquarters may not hold what the last one was handed and had not confirmed. */
function takeHqStatus(draft: Draft, session: string | undefined, at: number): void {
  if (session === draft.hq) return;
  draft.hq = session;
  if (draft.rules.confirm === "receipt" && session !== undefined) goBack(draft, at);
}

function takeReceipt(draft: Draft, receipt: Receipt, at: number, effects: DeliveryEffect[]): void {
  const { rules } = draft;
  if (rules.confirm !== "receipt") return;
  if (receipt.stream !== rules.stream) {
    effects.push({ do: "note", note: { what: "foreignReceipt", stream: receipt.stream } });
    return;
  }
  if (receipt.upTo > draft.head) {
    effects.push({ do: "note", note: { what: "receiptBeyondHead", upTo: receipt.upTo, head: draft.head } });
    return;
  }
  if (receipt.upTo > draft.mark) {
    moveMark(draft, receipt.upTo, at);
    effects.push({ do: "confirm", upTo: draft.mark });
  }
  if (isBehind(draft, receipt, at)) regress(draft, receipt.upTo, at, effects);
  const missing = receipt.missing.filter((seq) => !draft.parked.has(seq));
  const known = new Set(draft.again.keys());
  noteMissing(draft.again, missing, at, (seq) => isOverdue(draft, seq, at));
  const seqs = [...draft.again.keys()].filter((seq) => !known.has(seq));
  if (seqs.length > 0) effects.push({ do: "note", note: { what: "missing", seqs } });
}

function regress(draft: Draft, upTo: number, at: number, effects: DeliveryEffect[]): void {
  effects.push({ do: "note", note: { what: "hqBehind", upTo, mark: draft.mark } }, { do: "regress", upTo });
  draft.mark = upTo;
  draft.markSession = draft.hq;
  draft.behindSince = undefined;
  // What stands beyond it was freed once, perhaps: that is found out when it is read.
  draft.floor = 0;
  goBack(draft, at);
}

/** Sent so long ago that it is not on its way any more. Below the mark: headquarters has lost what it had stored. */
function isOverdue(draft: Draft, seq: number, at: number): boolean {
  if (draft.inFlight.has(seq)) return false;
  const [oldest] = draft.trail;
  const leftBelow = oldest !== undefined && oldest.at <= at - draft.rules.missingGraceMs ? oldest.next : 0;
  return seq <= draft.mark || seq < leftBelow;
}

/** Keeps one entry that is older than the grace, and those since. */
function keepTrail(draft: Draft, at: number): void {
  const trail = [...draft.trail, { at, next: lowestUnsent(draft) }];
  const limit = at - draft.rules.missingGraceMs;
  const firstYoung = trail.findIndex((entry) => entry.at > limit);
  draft.trail = trail.slice(Math.max(0, (firstYoung === -1 ? trail.length : firstYoung) - 1));
}

function checkProgress(draft: Draft, at: number, effects: DeliveryEffect[]): void {
  const { rules, mark, next, fruitless } = draft;
  if (rules.confirm !== "receipt" || !maySend(draft)) return;
  if (unconfirmedSent(draft) === 0) {
    draft.progressAt = at;
    return;
  }
  const waitedMs = at - draft.progressAt;
  if (waitedMs < rules.receiptDeadlineMs * 2 ** Math.min(fruitless, MAX_DOUBLINGS)) return;
  goBack(draft, at);
  draft.fruitless = fruitless + 1;
  effects.push({ do: "note", note: { what: "noProgress", from: mark + 1, next, waitedMs } });
}
