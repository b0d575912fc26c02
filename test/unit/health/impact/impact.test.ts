import { describe, expect, it } from "vitest";
import { bootId, instant } from "../../../../src/domain/clock.ts";
import type { Impact } from "../../../../src/domain/impact.ts";
import { type RecordKind, seq } from "../../../../src/domain/record.ts";
import { terminalId } from "../../../../src/domain/terminal.ts";
import { type Transaction, type TransactionEvent, transactionId } from "../../../../src/domain/transaction.ts";
import { binomialTail } from "../../../../src/health/impact/binomial-tail.ts";
import { impact } from "../../../../src/health/impact/impact.ts";
import { impactsAt } from "../../../../src/health/impact/impacts-at.ts";
import { ImpactState } from "../../../../src/health/impact/state.ts";
import { aTransaction } from "../../../support/ledger-in-memory.ts";

const MINUTE = 60_000;
const MORNING = Date.UTC(2026, 0, 31, 1);

/** A day in the shop, minute by minute, as it stands in the ledger. */
class Day {
  state = impact.begin();
  at = MORNING;
  #seq = 0;

  record(kind: RecordKind, body: unknown): this {
    this.#seq += 1;
    const clock = { bootId: bootId("boot-1"), monotonicMs: this.at - MORNING, synced: true };
    const moment = { at: instant(this.at), clock };
    this.state = impact.step(this.state, { type: "record", seq: seq(this.#seq), kind, moment, body });
    return this;
  }

  after(minutes: number): this {
    this.at += minutes * MINUTE;
    return this;
  }

  sold(count: number, event: TransactionEvent = "answered", more: Partial<Transaction> = {}): this {
    for (let n = 0; n < count; n += 1) {
      const requestedAt = new Date(this.at).toISOString();
      const id = transactionId(`t-${this.#seq}`);
      this.record("transaction", { event, transaction: { ...aTransaction(), id, requestedAt, hostMs: 900, ...more } });
    }
    return this;
  }

  /** So many hours of calm selling, 30 payments an hour, one of 60 without an answer. */
  calm(hours: number): this {
    for (let half = 0; half < hours * 2; half += 1) {
      for (let n = 0; n < 15; n += 1) this.sold(1).after(2);
      if (half % 4 === 3) this.sold(1, "unanswered");
    }
    return this;
  }

  faultBegins(fault = "provider.lossy"): this {
    return this.record("link", { event: "verdictChanged", stage: "provider", fault });
  }

  faultEnds(): this {
    return this.record("link", { event: "verdictChanged" });
  }

  impacts(): readonly Impact[] {
    return impactsAt(this.state, "Asia/Shanghai");
  }
}

const ON_T2: Partial<Transaction> = { terminal: terminalId("till-2") };

describe("payments that went wrong while the line was", () => {
  it("are told with their number, the terminals, the usual share and what was wrong meanwhile, in both languages", () => {
    const day = new Day().calm(3).faultBegins().after(10);
    day.sold(12).sold(6, "unanswered").sold(3, "unanswered", ON_T2).after(50).faultEnds();
    const [found, ...others] = day.impacts();
    expect(others).toEqual([]);
    expect(found).toMatchObject({
      disturbance: { of: "link", stage: "provider", fault: "provider.lossy" },
      from: MORNING + 180 * MINUTE,
      to: MORNING + 240 * MINUTE,
      terminals: ["till-1", "till-2"],
      payments: 21,
      unanswered: 9,
      slow: 0,
      usualOf: 91,
    });
    expect(found?.text.en).toMatch(
      /^12:00 to 13:00: of 21 payments 9 without an answer \(till-1, till-2\), 39 times the usual, while: /,
    );
    expect(found?.text.zh).toMatch(/^12:00 至 13:00：21 笔付款中 9 笔无应答（till-1, till-2），是平时的 39 倍；同时：/);
  });

  it("are told while it goes on, and slow answers count too", () => {
    const day = new Day().calm(3).faultBegins().after(1).sold(5, "answered", { hostMs: 25_000 });
    expect(day.impacts()).toMatchObject([{ payments: 5, unanswered: 0, slow: 5 }]);
    expect(day.impacts()[0]).not.toHaveProperty("to");
    expect(day.impacts()[0]?.text.en).toMatch(/^Since 12:00: of 5 payments 0 without an answer, 5 slow/);
  });

  it("are not told when as many go wrong without any fault", () => {
    const day = new Day();
    for (let hour = 0; hour < 4; hour += 1) day.sold(12).sold(9, "unanswered").after(60);
    day.faultBegins().after(1).sold(12).sold(9, "unanswered").after(10).faultEnds();
    expect(day.impacts()).toEqual([]);
  });

  it("are not told of a rush that went well, of declines, or of two accidents", () => {
    expect(new Day().calm(3).faultBegins().after(1).sold(80).impacts()).toEqual([]);
    const declined = new Day().calm(3).faultBegins().after(1).sold(30, "answered", { outcome: "declined" });
    expect(declined.impacts()).toEqual([]);
    expect(new Day().calm(3).faultBegins().after(1).sold(2, "unanswered").impacts()).toEqual([]);
  });

  it("are not told where nobody knows what is usual", () => {
    expect(new Day().faultBegins().after(1).sold(9, "unanswered").impacts()).toEqual([]);
  });

  it("are not told of what failed before or after the fault", () => {
    const day = new Day().calm(3).sold(9, "unanswered").after(5).faultBegins().after(5).sold(10).faultEnds().after(5);
    expect(day.sold(9, "unanswered").impacts()).toEqual([]);
  });

  it("are counted once, however the payment goes on", () => {
    const day = new Day().calm(3).faultBegins().after(1).sold(4, "unanswered");
    day.sold(4, "reversalRequested", { outcome: "reversing" }).sold(4, "reversalAnswered", { outcome: "reversed" });
    expect(day.impacts()).toMatchObject([{ payments: 4, unanswered: 4 }]);
  });

  it("end with the run that saw the fault: nobody looked at what came after", () => {
    const day = new Day().calm(3).faultBegins().after(5).sold(5).after(5);
    day.record("clock", { event: "started", at: "2026-01-31T04:10:00.000Z" }).after(5).sold(9, "unanswered");
    expect(day.impacts()).toEqual([]);
  });

  it("are forgotten after a day, and the calm minutes of that day stay as what is usual", () => {
    const day = new Day().calm(3).faultBegins().after(1).sold(5, "unanswered").after(1).faultEnds();
    expect(day.impacts()).toHaveLength(1);
    day.after(26 * 60).sold(1);
    expect(day.impacts()).toEqual([]);
    expect(day.state.usual.get("till-1")).toEqual({ payments: 91, unanswered: 1, slow: 0 });
    expect(day.faultBegins().after(1).sold(5, "unanswered").impacts()).toHaveLength(1);
  });
});

it("interference is joined the same way, with its loudest figure", () => {
  const verdict = { cause: "nonWifiEnergy", evidence: [{ figure: "retryRatio", value: 0.31, unit: "1", usual: 0.04 }] };
  const day = new Day().calm(3).record("link", { event: "interferenceBegan", channel: "wifi:wlan0", verdict });
  day.after(10).sold(6).sold(6, "unanswered").after(2);
  day.record("link", { event: "interferenceEnded", channel: "wifi:wlan0", verdict }).after(10).sold(3);
  expect(day.impacts()).toMatchObject([{ disturbance: { of: "interference", cause: "nonWifiEnergy" }, payments: 12 }]);
  expect(day.impacts()[0]?.text.en).toMatch(/wifi:wlan0: .* \(retryRatio 31 %\)$/);
});

it("a snapshot goes on as the state that it was made of, and what nobody wrote is replayed", () => {
  const day = new Day().calm(3).faultBegins().after(10).sold(5, "unanswered");
  const again = new Day();
  again.at = day.at;
  const read = impact.unpack(impact.pack(day.state));
  expect(read).toBeInstanceOf(ImpactState);
  expect(impactsAt(read ?? impact.begin(), "Asia/Shanghai")).toEqual(day.impacts());
  expect(impact.unpack("{}")).toBeUndefined();
});

describe("the binomial tail", () => {
  it("equals the exact sum", () => {
    expect(binomialTail(0, 5, 0.3)).toBe(1);
    expect(binomialTail(2, 3, 0.5)).toBeCloseTo(0.5, 12);
    expect(binomialTail(5, 5, 0.1)).toBeCloseTo(1e-5, 12);
    expect(binomialTail(3, 10, 0.05)).toBeCloseTo(0.011_503_6, 6);
    expect(binomialTail(4, 3, 0.5)).toBeCloseTo(0, 12);
  });

  it("does not underflow with thousands of tries", () => {
    expect(binomialTail(900, 1_000, 0.9)).toBeGreaterThan(0.5);
    expect(binomialTail(950, 1_000, 0.9)).toBeLessThan(1e-6);
  });
});
