import { noteAccepted, noteRefused } from "./again.ts";
import { notePuback } from "./congestion.ts";
import { type Draft, moveMark } from "./delivery-draft.ts";
import { type Acknowledgement, backlogShare, type DeliveryEffect } from "./delivery-state.ts";
import { holdBack } from "./held-back.ts";
import { orderKey } from "./order-key.ts";
import { PACKET_TOO_LARGE, park } from "./parking.ts";
import { isPassed, lowestUnsent } from "./room.ts";
import { acquit } from "./suspicion.ts";

/** PUBACK 0x10: accepted, but nobody was subscribed (MQTT 5, 3.4.2.1). */
const NO_MATCHING_SUBSCRIBERS = 0x10;
/** PUBACK reason codes from here on are refusals (MQTT 5, 2.4). */
const FIRST_REFUSAL = 0x80;
/**
 * Refusals that the same record will meet for ever: its topic (0x90) or its form (0x99) is not allowed here (MQTT 5, 2.4), or
 * it is larger than the broker takes. All others are about the gateway's rights, the broker's state or its quota: those
 * change.
 */
const PERMANENT: ReadonlySet<number> = new Set([0x90, PACKET_TOO_LARGE, 0x99]);

export function takeAcks(draft: Draft, acks: readonly Acknowledgement[], at: number, effects: DeliveryEffect[]): void {
  const answered = new Set<number>();
  for (const ack of acks) {
    if (!draft.inFlight.delete(ack.seq)) continue;
    answered.add(ack.seq);
    measure(draft, ack.seq, at);
    takeAck(draft, ack, at, effects);
  }
  draft.suspicion = acquit(draft.suspicion, (seq) => answered.has(seq));
  if (draft.rules.confirm === "broker") confirmByBroker(draft, at, effects);
}

function takeAck(draft: Draft, { seq, code, row }: Acknowledgement, at: number, effects: DeliveryEffect[]): void {
  const isUnheard = code === NO_MATCHING_SUBSCRIBERS && draft.rules.confirm === "broker";
  if (code < FIRST_REFUSAL && !isUnheard) {
    noteAccepted(draft.again, seq);
    return;
  }
  if (PERMANENT.has(code) && park(draft, row, { reason: reasonOf(code), code }, effects)) return;
  const key = orderKey(row);
  holdBack(draft.held, key);
  noteRefused(draft.again, seq, key, at);
  const refusals = draft.again.get(seq)?.refusals ?? 1;
  effects.push({ do: "note", note: { what: "refused", seq, code, refusals } });
}

function reasonOf(code: number) {
  return code === PACKET_TOO_LARGE ? "tooLarge" : "brokerRefuses";
}

/** Where the rate is not limited, nothing is measured. */
function measure(draft: Draft, seq: number, at: number): void {
  const flight = draft.flights.get(seq);
  if (flight === undefined) return;
  draft.flights.delete(seq);
  draft.congestion = notePuback(draft.congestion, at - flight.at, backlogShare(draft.window), at);
}

function confirmByBroker(draft: Draft, at: number, effects: DeliveryEffect[]): void {
  let lowest = lowestUnsent(draft);
  for (const seq of draft.inFlight) lowest = Math.min(lowest, seq);
  for (const [seq, { why }] of draft.again) if (why !== "standIn") lowest = Math.min(lowest, seq);
  // Until the ledger says that it is parked, nobody else knows.
  for (const [seq, row] of draft.parked) {
    if (row.gap === undefined && isPassed(draft, seq, row)) lowest = Math.min(lowest, seq);
  }
  if (lowest - 1 <= draft.mark) return;
  moveMark(draft, lowest - 1, at);
  effects.push({ do: "confirm", upTo: draft.mark });
}
