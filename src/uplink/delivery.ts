import type { Receipt } from "../contract/receipt.ts";
import { assertNever } from "../domain/assert-never.ts";
import { holdsBackTheRest, noteAccepted, noteMissing, noteRefused } from "./again.ts";
import { type Draft, draftOf, goBack, moveMark } from "./delivery-draft.ts";
import {
  type Acknowledgement,
  type DeliveryEffect,
  type DeliveryInput,
  type DeliveryState,
  unconfirmedSent,
} from "./delivery-state.ts";
import { look } from "./look-ahead.ts";
import type { OutboxRow } from "./outbox.ts";
import { askForRows, maySend, sendAgain, sendInOrder, sendOvertaking } from "./sending.ts";

/** ms before a page that did not come is asked for again. */
const ASK_AGAIN_MS = 1_000;
/** The receipt deadline is doubled at most so often: 30 s become 8 min. */
const MAX_DOUBLINGS = 4;
/** PUBACK 0x10: accepted, but nobody was subscribed (MQTT 5, 3.4.2.1). */
const NO_MATCHING_SUBSCRIBERS = 0x10;
/** PUBACK reason codes from here on are refusals (MQTT 5, 2.4). */
const FIRST_REFUSAL = 0x80;

/**
 * Decides what is sent, sent again, asked of the ledger and confirmed to it. Knows no clock, socket or store.
 *
 * What holds after every step: the mark never passes a record that is not confirmed; first sends of one order key
 * are in order of seq; at most `window` records are in flight, and none twice; at most `unreceiptedMax` were sent
 * beyond the mark.
 */
export function step(
  state: DeliveryState,
  input: DeliveryInput,
): { readonly state: DeliveryState; readonly effects: readonly DeliveryEffect[] } {
  const draft = draftOf(state, input.at);
  const effects: DeliveryEffect[] = [];
  takeIn(draft, input, effects);
  if (maySend(draft)) {
    sendAgain(draft, input.at, effects);
    if (!holdsBackTheRest(draft.again)) {
      sendOvertaking(draft, input.at, effects);
      sendInOrder(draft, input.at, effects);
    }
    askForRows(draft, input, effects);
  }
  return { state: draft, effects };
}

function takeIn(draft: Draft, input: DeliveryInput, effects: DeliveryEffect[]): void {
  switch (input.type) {
    case "sessionOpened":
      draft.window = Math.min(draft.rules.window, input.receiveMaximum);
      goBack(draft, input.at);
      return;
    case "sessionLost":
      draft.window = 0;
      draft.hq = undefined;
      draft.inFlight.clear();
      draft.again.clear();
      goBack(draft, input.at);
      return;
    case "hq":
      takeHqStatus(draft, input.session, input.at);
      return;
    case "appended":
      draft.head = Math.max(draft.head, input.head);
      return;
    case "rows":
      takeRows(draft, input.rows, input.at, effects);
      return;
    case "acked":
      takeAcks(draft, input.acks, input.at, effects);
      return;
    case "receipt":
      takeReceipt(draft, input.receipt, input.at, effects);
      return;
    case "tick":
      keepTrail(draft, input.at);
      checkProgress(draft, input.at, effects);
      return;
    default:
      assertNever(input);
  }
}

/** A new session of headquarters may not hold what the last one was handed and had not confirmed. */
function takeHqStatus(draft: Draft, session: string | undefined, at: number): void {
  if (session === draft.hq) return;
  draft.hq = session;
  if (draft.rules.confirm === "receipt" && session !== undefined) goBack(draft, at);
}

function takeRows(draft: Draft, rows: readonly OutboxRow[], at: number, effects: DeliveryEffect[]): void {
  const { asked } = draft;
  if (asked === undefined) return;
  draft.asked = undefined;
  if (rows[0]?.seq !== asked.from) {
    draft.askNotBefore = at + ASK_AGAIN_MS;
    // A record that headquarters misses and retention has removed cannot be had: the receipts will go on naming it.
    if (draft.again.get(asked.from)?.why === "missing") draft.again.delete(asked.from);
    effects.push({ do: "note", note: { what: "unreadable", from: asked.from, reader: asked.reader } });
    return;
  }
  draft.head = Math.max(draft.head, rows.at(-1)?.seq ?? 0);
  switch (asked.reader) {
    case "drain": {
      // Between question and answer the drain may have moved on, or gone back.
      const wanted = draft.next + draft.ready.length;
      const fresh = rows.filter((row) => row.seq >= wanted);
      if (fresh[0]?.seq === wanted) draft.ready = [...draft.ready, ...fresh];
      return;
    }
    case "again":
      for (const row of rows) {
        const entry = draft.again.get(row.seq);
        if (entry !== undefined && !entry.sent) draft.again.set(row.seq, { ...entry, row });
      }
      return;
    case "lookAhead":
      if (draft.lookAhead === undefined) return;
      ({ ahead: draft.lookAhead, backlogEnd: draft.backlogEnd } = look(
        draft.lookAhead,
        rows,
        draft.next,
        draft.backlogEnd,
      ));
      return;
    default:
      assertNever(asked.reader);
  }
}

function takeAcks(draft: Draft, acks: readonly Acknowledgement[], at: number, effects: DeliveryEffect[]): void {
  const { confirm } = draft.rules;
  for (const { seq, code } of acks) {
    if (!draft.inFlight.delete(seq)) continue;
    const isUnheard = code === NO_MATCHING_SUBSCRIBERS && confirm === "broker";
    if (code < FIRST_REFUSAL && !isUnheard) {
      noteAccepted(draft.again, seq);
    } else {
      noteRefused(draft.again, seq, at);
      const refusals = draft.again.get(seq)?.refusals ?? 1;
      effects.push({ do: "note", note: { what: "refused", seq, code, refusals } });
    }
  }
  if (confirm !== "broker") return;
  let lowest = draft.next;
  for (const seq of draft.inFlight) lowest = Math.min(lowest, seq);
  for (const seq of draft.again.keys()) lowest = Math.min(lowest, seq);
  if (lowest - 1 <= draft.mark) return;
  moveMark(draft, lowest - 1, at);
  effects.push({ do: "confirm", upTo: draft.mark });
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
  const known = new Set(draft.again.keys());
  noteMissing(draft.again, receipt.missing, at, (seq) => isOverdue(draft, seq, at));
  const seqs = [...draft.again.keys()].filter((seq) => !known.has(seq));
  if (seqs.length > 0) effects.push({ do: "note", note: { what: "missing", seqs } });
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
  const trail = [...draft.trail, { at, next: draft.next }];
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
