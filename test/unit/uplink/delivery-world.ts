import { expect } from "vitest";
import { LANE_OF, type RecordKind, seq, streamId } from "../../../src/domain/record.ts";
import { terminalId } from "../../../src/domain/terminal.ts";
import { step } from "../../../src/uplink/delivery.ts";
import {
  type DeliveryEffect,
  type DeliveryInput,
  type DeliveryRules,
  type DeliveryState,
  initialDelivery,
  type Remembered,
} from "../../../src/uplink/delivery-state.ts";
import { orderKey } from "../../../src/uplink/order-key.ts";
import type { OutboxRow } from "../../../src/uplink/outbox.ts";
import { unconfirmedSent } from "../../../src/uplink/room.ts";

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
  drainControl: false,
};

/** What a gap record of this world says. */
type Gap =
  | { readonly event: "parked"; readonly of: number }
  | { readonly event: "released"; readonly of: number }
  | { readonly event: "unavailable"; readonly from: number; readonly to: number };

export interface Sent {
  readonly seq: number;
  readonly channel: "records" | "replay";
}

/**
 * Everything around delivery in one place: a ledger that grows and is freed, a broker that acknowledges, refuses or ends the
 * session, headquarters that stores, confirms and loses what it had. Checks after every step what must always hold.
 */
export class DeliveryWorld {
  readonly rows: OutboxRow[] = [];
  readonly gaps = new Map<number, Gap>();
  readonly sent: Sent[] = [];
  /** By the broker, in the order of sending, until headquarters has had its chance. */
  readonly atBroker: number[] = [];
  readonly stored = new Set<number>();
  readonly accepted = new Set<number>();
  /** The broker ends the session when it is given one of these. */
  readonly poison = new Set<number>();
  readonly notes: Extract<DeliveryEffect, { do: "note" }>["note"][] = [];
  /** Gap records that the disk has yet to take. */
  readonly unwritten: Gap[] = [];
  state: DeliveryState;
  now = 1_000;
  asked: { from: number; limit: number } | undefined;
  /** The oldest record that retention has left. */
  first = 1;
  readonly #inFlight = new Set<number>();
  readonly #newestByKey = new Map<string, number>();
  readonly #firstSent = new Set<number>();
  readonly #rules: DeliveryRules;
  #confirmed = 0;
  #hqSessions = 0;

  constructor(rules: Partial<DeliveryRules> = {}, backlog: readonly string[] = []) {
    this.#rules = { ...RULES, ...rules };
    this.state = initialDelivery(this.#rules, 0, 0, this.now);
    // Appended while nobody is connected: this life of the daemon has not sent any of it, and knows so.
    if (backlog.length > 0) this.append(...backlog);
  }

  /** Seqs in the order of sending. */
  get order(): readonly number[] {
    return this.sent.map((s) => s.seq);
  }

  get inFlight(): readonly number[] {
    return [...this.#inFlight];
  }

  /** `T1`, `T1/alarm`, or `T1/money/2026-01-31T10:00:00Z` with a deadline; an empty name is of no terminal. */
  append(...records: readonly string[]): void {
    for (const record of records) this.#write(record);
    this.#take({ type: "appended", head: this.rows.length });
  }

  open(receiveMaximum = 65_535): void {
    if (this.state.window === 0) this.#take({ type: "sessionOpened", receiveMaximum });
  }

  lose(byBroker = false): void {
    this.#inFlight.clear();
    this.#take({ type: "sessionLost", byBroker });
  }

  /** The broker cannot bear this record, present or future; it can bear those that tell of others. */
  poisonOne(s: number): void {
    if (this.rows[s - 1]?.kind !== "gap") this.poison.add(s);
  }

  /** The broker looks at what it was given. @returns whether it ended the session for that. */
  isPoisoned(): boolean {
    if (!this.inFlight.some((s) => this.poison.has(s))) return false;
    this.lose(true);
    return true;
  }

  hqOnline(): void {
    this.#hqSessions += 1;
    this.#take({ type: "hq", session: `hq-${this.#hqSessions}` });
  }

  hqOffline(): void {
    this.#take({ type: "hq", session: undefined });
  }

  /** Headquarters comes back with only what it held of the first records. */
  hqRestores(upTo: number): void {
    for (const s of this.stored) if (s > upTo) this.stored.delete(s);
    this.#confirmed = Math.min(this.#confirmed, this.upToAtHq());
    this.hqOnline();
  }

  /** Session open, headquarters there, and everything read that is asked for. */
  start(): this {
    this.open();
    this.hqOnline();
    this.answerAll();
    return this;
  }

  /** The daemon ends and begins again with what the ledger and the stored mark say. */
  restart(): void {
    this.#inFlight.clear();
    this.asked = undefined;
    const { mark } = this.state;
    // A gap record that was not written yet is forgotten: its record is simply unsent.
    this.unwritten.length = 0;
    this.state = initialDelivery(this.#rules, mark, this.rows.length, this.now);
    this.#take({ type: "remembered", remembered: this.#remembered() });
  }

  answer(fails = false): boolean {
    if (this.asked === undefined) return false;
    const { from, limit } = this.asked;
    this.asked = undefined;
    const rows = fails || from < this.first ? [] : this.rows.slice(from - 1, from - 1 + limit);
    this.#take({ type: "rows", rows, first: this.first });
    return true;
  }

  answerAll(): void {
    while (this.answer());
  }

  ack(seqs: readonly number[], code = 0): void {
    const acks = seqs.filter((s) => this.#inFlight.has(s)).map((s) => ({ seq: s, code, row: this.row(s) }));
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
    for (let s = upTo + 1; s < top && missing.length < 100; s += 1) if (!this.isAccounted(s)) missing.push(s);
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

  sale(ms: number): void {
    this.#take({ type: "acquirer", ms });
  }

  /** The disk takes what it was asked to write. */
  writeGaps(): void {
    for (const gap of this.unwritten.splice(0)) {
      const at = this.#write("", gap);
      if (gap.event === "parked") this.#take({ type: "parked", seq: gap.of, gap: at });
      else if (gap.event === "unavailable") this.#take({ type: "unavailable", to: gap.to, gap: at });
    }
    this.#take({ type: "appended", head: this.rows.length });
  }

  /** Somebody wants a parked record sent after all. */
  release(s: number): void {
    if (this.state.parked.get(s)?.gap === undefined) return;
    this.#write("", { event: "released", of: s });
    this.#take({ type: "released", seq: s });
    this.#take({ type: "appended", head: this.rows.length });
  }

  /** Retention frees what is confirmed and not parked. */
  free(upTo: number): void {
    const keep = Math.min(this.state.mark, ...[...this.state.parked.keys()].map((s) => s - 1));
    this.first = Math.max(this.first, Math.min(upTo, keep) + 1);
  }

  /** Seqs of records that the ledger calls parked. */
  get parked(): readonly number[] {
    return [...this.#remembered().parked.keys()];
  }

  upToAtHq(): number {
    let upTo = 0;
    while (this.isAccounted(upTo + 1)) upTo += 1;
    return upTo;
  }

  /** Headquarters holds it, or holds the word of the ledger that it will not get it. */
  isAccounted(s: number): boolean {
    if (this.stored.has(s)) return true;
    let isParked = false;
    for (const [at, gap] of this.gaps) {
      if (!this.stored.has(at)) continue;
      if (gap.event === "unavailable" && gap.from <= s && s <= gap.to) return true;
      if (gap.event !== "unavailable" && gap.of === s) isParked = gap.event === "parked";
    }
    return isParked;
  }

  row(s: number): OutboxRow {
    const row = this.rows[s - 1];
    if (row === undefined) throw new RangeError(`no record ${s}`);
    return row;
  }

  #write(record: string, gap?: Gap): number {
    const [terminal = "", lane = "money", deadline] = record.split("/");
    const at = this.rows.length + 1;
    if (gap !== undefined) this.poison.delete(at);
    const kind = gap === undefined ? kindOf(lane, deadline !== undefined) : "gap";
    this.rows.push({
      seq: seq(at),
      kind,
      lane: LANE_OF[kind],
      ...(terminal === "" ? {} : { terminal: terminalId(terminal) }),
      envelope: deadline === undefined ? "" : `{"body":{"deadline":"${deadline}"}}`,
    });
    if (gap !== undefined) this.gaps.set(at, gap);
    return at;
  }

  #remembered(): Remembered {
    const parked = new Map<number, { lane: OutboxRow["lane"]; gap: number }>();
    const released = new Map<number, number>();
    let unavailable: Remembered["unavailable"];
    for (const [at, gap] of this.gaps) {
      if (gap.event === "unavailable") {
        unavailable = { from: gap.from, to: gap.to, gap: at };
      } else if (gap.event === "parked") {
        parked.set(gap.of, { lane: this.row(gap.of).lane, gap: at });
        released.delete(gap.of);
      } else {
        parked.delete(gap.of);
        released.set(gap.of, at);
      }
    }
    return { parked, released, unavailable };
  }

  #take(input: DeliveryInput extends infer I ? (I extends unknown ? Omit<I, "at"> : never) : never): void {
    const before = this.state;
    const { state, effects } = step(before, { ...input, at: this.now });
    this.state = state;
    for (const effect of effects) this.#check(effect);
    expect(unconfirmedSent(state)).toBeLessThanOrEqual(state.rules.unreceiptedMax);
    expect(unconfirmedSent(state)).toBeGreaterThanOrEqual(0);
    expect(state.inFlight.size).toBeLessThanOrEqual(Math.max(state.window, before.window));
    expect(new Set(state.inFlight)).toEqual(this.#inFlight);
    if (!effects.some((effect) => effect.do === "regress")) expect(state.mark).toBeGreaterThanOrEqual(before.mark);
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
      case "regress":
        this.#confirmed = effect.upTo;
        break;
      case "park":
        expect(this.parked, "parked twice").not.toContain(effect.seq);
        this.unwritten.push({ event: "parked", of: effect.seq });
        break;
      case "declareUnavailable":
        expect(effect.to, "freed").toBeLessThan(this.first);
        this.unwritten.push({ event: "unavailable", from: effect.from, to: effect.to });
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
    if (this.state.suspicion.suspects.size > 0) expect(this.inFlight, "a suspect goes alone").toEqual([]);
    const key = orderKey(row);
    const isOlderUnconfirmed = (other: OutboxRow): boolean =>
      other.seq > mark && other.seq < row.seq && orderKey(other) === key && !this.state.parked.has(other.seq);
    if (channel === "records") {
      expect(this.rows.filter(isOlderUnconfirmed), `news ${row.seq}`).toEqual([]);
      expect(this.order, `news ${row.seq} for the first time`).not.toContain(row.seq);
    }
    // A gap record may take the place of what it tells of.
    if (!this.#firstSent.has(row.seq) && row.kind !== "gap") {
      expect(row.seq, `first sends of ${key} in order`).toBeGreaterThan(this.#newestByKey.get(key) ?? 0);
      this.#newestByKey.set(key, row.seq);
      this.#firstSent.add(row.seq);
    }
    this.#inFlight.add(row.seq);
    this.sent.push({ seq: row.seq, channel });
    if (rules.rate.perS > 0) {
      const backlog = [...this.state.flights.values()].filter(({ isBacklog }) => isBacklog).length;
      expect(backlog, "half of the window is not the backlog's").toBeLessThanOrEqual(Math.ceil(window / 2));
    }
  }

  #checkConfirmed(upTo: number): void {
    const byReceipt = this.state.rules.confirm === "receipt";
    const parked = new Set(this.parked);
    for (let s = 1; s <= upTo; s += 1) {
      const isThere = byReceipt ? this.isAccounted(s) : this.accepted.has(s) || parked.has(s);
      if (!isThere) expect.fail(`${s} confirmed but not at the far end`);
    }
  }
}

function kindOf(lane: string, hasDeadline: boolean): RecordKind {
  if (lane === "money") return hasDeadline ? "preauth" : "transaction";
  return hasDeadline ? "risk" : "link";
}
