import { expect } from "vitest";
import { type Lane, seq, streamId } from "../../../src/domain/record.ts";
import { terminalId } from "../../../src/domain/terminal.ts";
import { step } from "../../../src/uplink/delivery.ts";
import {
  type DeliveryEffect,
  type DeliveryInput,
  type DeliveryRules,
  type DeliveryState,
  initialDelivery,
  unconfirmedSent,
} from "../../../src/uplink/delivery-state.ts";
import { orderKey } from "../../../src/uplink/order-key.ts";
import type { OutboxRow } from "../../../src/uplink/outbox.ts";

const STREAM = streamId("0b7c2f6e-58f1-4c0e-9f39-0d8f6a1c2b3d");
const OTHER_STREAM = streamId("ffffffff-58f1-4c0e-9f39-0d8f6a1c2b3d");

const RULES: DeliveryRules = {
  stream: STREAM,
  confirm: "receipt",
  window: 10,
  unreceiptedMax: 50,
  receiptDeadlineMs: 30_000,
  missingGraceMs: 2_000,
  rate: { perS: 0, burst: 1 },
};

export interface Sent {
  readonly seq: number;
  readonly channel: "records" | "replay";
}

/**
 * Everything around delivery in one place: a ledger that grows, a broker that acknowledges or refuses, headquarters
 * that stores and confirms. Checks after every step what must always hold.
 */
export class DeliveryWorld {
  readonly rows: OutboxRow[] = [];
  readonly sent: Sent[] = [];
  /** By the broker, in the order of sending, until headquarters has had its chance. */
  readonly atBroker: number[] = [];
  readonly stored = new Set<number>();
  readonly accepted = new Set<number>();
  readonly notes: Extract<DeliveryEffect, { do: "note" }>["note"][] = [];
  state: DeliveryState;
  now = 1_000;
  asked: { from: number; limit: number } | undefined;
  readonly #inFlight = new Set<number>();
  readonly #newestByKey = new Map<string, number>();
  readonly #firstSent = new Set<number>();
  #confirmed = 0;
  #hqSessions = 0;

  constructor(rules: Partial<DeliveryRules> = {}, backlog: readonly string[] = []) {
    this.#append(backlog);
    this.state = initialDelivery({ ...RULES, ...rules }, 0, backlog.length, this.now);
  }

  /** Seqs in the order of sending. */
  get order(): readonly number[] {
    return this.sent.map((s) => s.seq);
  }

  get inFlight(): readonly number[] {
    return [...this.#inFlight];
  }

  append(...terminals: readonly string[]): void {
    this.#append(terminals);
    this.#take({ type: "appended", head: this.rows.length });
  }

  open(receiveMaximum = 65_535): void {
    if (this.state.window === 0) this.#take({ type: "sessionOpened", receiveMaximum });
  }

  lose(): void {
    this.#inFlight.clear();
    this.#take({ type: "sessionLost" });
  }

  hqOnline(): void {
    this.#hqSessions += 1;
    this.#take({ type: "hq", session: `hq-${this.#hqSessions}` });
  }

  hqOffline(): void {
    this.#take({ type: "hq", session: undefined });
  }

  /** Session open, headquarters there, and everything read that is asked for. */
  start(): this {
    this.open();
    this.hqOnline();
    this.answerAll();
    return this;
  }

  answer(fails = false): boolean {
    if (this.asked === undefined) return false;
    const { from, limit } = this.asked;
    this.asked = undefined;
    this.#take({ type: "rows", rows: fails ? [] : this.rows.slice(from - 1, from - 1 + limit) });
    return true;
  }

  answerAll(): void {
    while (this.answer());
  }

  ack(seqs: readonly number[], code = 0): void {
    const acks = seqs.filter((s) => this.#inFlight.has(s)).map((s) => ({ seq: s, code }));
    for (const { seq: s } of acks) {
      this.#inFlight.delete(s);
      if (code !== 0) continue;
      this.accepted.add(s);
      this.atBroker.push(s);
    }
    this.#take({ type: "acked", acks });
  }

  /** Hands on what the broker has; loses it where `stores` says no. */
  toHq(stores: (seq: number) => boolean = () => true): void {
    for (const s of this.atBroker.splice(0)) if (stores(s)) this.stored.add(s);
  }

  /** Headquarters' word, as it would be by what it holds. */
  receipt(): void {
    const upTo = this.upToAtHq();
    const top = Math.max(0, ...this.stored);
    const missing: number[] = [];
    for (let s = upTo + 1; s < top && missing.length < 100; s += 1) if (!this.stored.has(s)) missing.push(s);
    this.rawReceipt(upTo, missing);
  }

  rawReceipt(upTo: number, missing: readonly number[] = [], stream = STREAM): void {
    this.#take({ type: "receipt", receipt: { stream, upTo: seq(upTo), missing: missing.map(seq) } });
  }

  foreignReceipt(upTo: number): void {
    this.rawReceipt(upTo, [], OTHER_STREAM);
  }

  tick(ms: number): void {
    this.now += ms;
    this.#take({ type: "tick" });
  }

  upToAtHq(): number {
    let upTo = 0;
    while (this.stored.has(upTo + 1)) upTo += 1;
    return upTo;
  }

  #append(terminals: readonly string[]): void {
    for (const name of terminals) {
      const [terminal = "", lane = "money"] = name.split("/");
      this.rows.push({
        seq: seq(this.rows.length + 1),
        kind: lane === "money" ? "transaction" : "link",
        lane: laneOf(lane),
        ...(terminal === "" ? {} : { terminal: terminalId(terminal) }),
        envelope: "",
      });
    }
  }

  #take(input: DeliveryInput extends infer I ? (I extends unknown ? Omit<I, "at"> : never) : never): void {
    const before = this.state;
    const { state, effects } = step(before, { ...input, at: this.now });
    this.state = state;
    for (const effect of effects) this.#check(effect);
    expect(unconfirmedSent(state)).toBeLessThanOrEqual(state.rules.unreceiptedMax);
    expect(state.inFlight.size).toBeLessThanOrEqual(Math.max(state.window, before.window));
    expect(state.mark).toBeGreaterThanOrEqual(before.mark);
    expect(state.mark).toBeLessThanOrEqual(this.rows.length);
  }

  #check(effect: DeliveryEffect): void {
    switch (effect.do) {
      case "send":
        this.#checkSend(effect);
        break;
      case "ask":
        expect(this.asked, "one question at a time").toBeUndefined();
        this.asked = { from: effect.from, limit: effect.limit };
        break;
      case "confirm":
        expect(effect.upTo).toBeGreaterThan(this.#confirmed);
        this.#confirmed = effect.upTo;
        this.#checkConfirmed(effect.upTo);
        break;
      case "note":
        this.notes.push(effect.note);
    }
  }

  #checkSend({ row, channel }: Extract<DeliveryEffect, { do: "send" }>): void {
    const { rules, window, hq, mark } = this.state;
    expect(window, "sent without a session").toBeGreaterThan(0);
    if (rules.confirm === "receipt") expect(hq, "sent without headquarters").toBeDefined();
    expect(this.#inFlight, "in flight twice").not.toContain(row.seq);
    const key = orderKey(row);
    const isOlderUnconfirmed = (other: OutboxRow): boolean =>
      other.seq > mark && other.seq < row.seq && orderKey(other) === key;
    if (channel === "records") expect(this.rows.filter(isOlderUnconfirmed), `news ${row.seq}`).toEqual([]);
    if (!this.#firstSent.has(row.seq)) {
      expect(row.seq, `first sends of ${key} in order`).toBeGreaterThan(this.#newestByKey.get(key) ?? 0);
      this.#newestByKey.set(key, row.seq);
      this.#firstSent.add(row.seq);
    }
    this.#inFlight.add(row.seq);
    this.sent.push({ seq: row.seq, channel });
  }

  #checkConfirmed(upTo: number): void {
    const proof = this.state.rules.confirm === "receipt" ? this.stored : this.accepted;
    for (let s = 1; s <= upTo; s += 1) if (!proof.has(s)) expect.fail(`${s} confirmed but not at the far end`);
  }
}

function laneOf(text: string): Lane {
  return text === "money" ? "money" : "alarm";
}
