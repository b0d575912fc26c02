import { array, assert, constantFrom, integer, nat, property, record } from "fast-check";
import { describe, expect, it } from "vitest";
import { bootId, instant } from "../../../../src/domain/clock.ts";
import { seq } from "../../../../src/domain/record.ts";
import type { RecordInput } from "../../../../src/domain/reducer.ts";
import { terminalId } from "../../../../src/domain/terminal.ts";
import type { TransactionEvent } from "../../../../src/domain/transaction.ts";
import { outlook } from "../../../../src/health/outlook/outlook.ts";
import { type Outlook, outlookAt } from "../../../../src/health/outlook/outlook-at.ts";
import type { OutlookInput } from "../../../../src/health/outlook/outlook-warning.ts";
import type { OutlookState } from "../../../../src/health/outlook/state.ts";
import { ShopZone } from "../../../../src/health/outlook/shop-time.ts";
import { outlookNode } from "../../../../src/health/outlook-node.ts";
import { aTransaction } from "../../../support/ledger-in-memory.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A Monday, midnight in Shanghai. */
const MONDAY = Date.UTC(2026, 8, 6, 16);
const CLOSED = { promotions: [], holidays: [], openingHours: [] };

function payment(n: number, at: number, terminal: string, event: TransactionEvent, synced = true): RecordInput {
  const transaction = {
    ...aTransaction(),
    terminal: terminalId(terminal),
    requestedAt: new Date(at).toISOString(),
    hostMs: 800,
  };
  const moment = { at: instant(at), clock: { bootId: bootId("boot"), monotonicMs: at - MONDAY, synced } };
  return { type: "record", seq: seq(n), kind: "transaction", moment, body: { event, transaction } };
}

/** A shop from its first day on: open from 10 to 20, half of the payments on each of two terminals. */
class Shop {
  state = outlook.begin();
  day = 0;
  #seq = 0;

  pay(at: number, terminal: string, event: TransactionEvent = "answered"): void {
    this.#seq += 1;
    this.state = outlook.step(this.state, payment(this.#seq, at, terminal, event));
  }

  dips(count: number): void {
    for (let n = 0; n < count; n += 1) {
      this.#seq += 1;
      const dip = payment(this.#seq, MONDAY + this.day * DAY + n * 60_000, "till-1", "answered");
      this.state = outlook.step(this.state, { ...dip, kind: "power", body: { event: "underVoltageBegan" } });
    }
  }

  /** @param perHour  By weekday, Monday is 0. @param failedOf  Each so-manieth fails on till-2, e.g. 50; 0: none. */
  days(count: number, perHour: (weekday: number) => number, failedOf: (day: number) => number = () => 0): this {
    for (let n = 0; n < count; n += 1) {
      const many = perHour(this.day % 7);
      for (let hour = 10; hour < 20; hour += 1) this.hour(hour, many, failedOf(this.day));
      this.day += 1;
    }
    return this;
  }

  hour(hour: number, many: number, failedOf = 0): this {
    const begins = MONDAY + this.day * DAY + hour * HOUR;
    for (let n = 0; n < many; n += 1) {
      const isSecond = n % 2 === 1;
      const fails = isSecond && failedOf > 0 && (this.#seq >> 1) % failedOf === 0;
      this.pay(begins + (n * HOUR) / many, isSecond ? "till-2" : "till-1", fails ? "unanswered" : "answered");
    }
    return this;
  }

  at(hour: number, more: Partial<OutlookInput> = {}): Outlook {
    return outlookAt(this.state, {
      now: MONDAY + this.day * DAY + hour * HOUR,
      zone: new ShopZone("Asia/Shanghai"),
      calendar: CLOSED,
      terminals: ["till-1", "till-2", "till-3"],
      ...more,
    });
  }
}

/** Saturdays are busy, and always were. */
const week = (weekday: number): number => (weekday === 5 ? 60 : 20);
const DOUBLE = {
  ...CLOSED,
  promotions: [{ name: "Double", from: "2026-10-10", to: "2026-10-10", load: 2 }],
};

describe("the load", () => {
  it("is not forecast before four weeks are known, and health says so without a warning", () => {
    const told = new Shop().days(16, week).at(9);
    expect(told).toEqual({ weeks: 2, warnings: [] });
    expect(outlookNode(told)).toMatchObject({
      status: "pass",
      parts: [{ name: "load", status: "pass", reason: "not enough history yet, 2 of 4 weeks" }],
    });
  });

  it("of a Saturday that was always busy is no warning, and the next hour is what it always was", () => {
    const saturday = new Shop().days(33, week).at(9);
    expect(saturday.warnings).toEqual([]);
    expect(saturday.nextHour).toBeCloseTo(60, 6);
  });

  it("of a promotion on a Saturday is a warning with hours, numbers and the terminal that could be opened", () => {
    const told = new Shop().days(33, week).at(9, { calendar: DOUBLE });
    expect(told.warnings).toMatchObject([{ node: "load", value: 120 }]);
    expect(told.warnings[0]?.reason.en).toBe(
      "Saturday 10:00 – 20:00: 120 to 120 payments an hour are expected; at most 60 went well before (10 within ten minutes; till-1 30, till-2 30)",
    );
    expect(told.warnings[0]?.reason.zh).toMatch(/^周六 10:00 – 20:00：/);
    expect(told.warnings[0]?.advice.en).toMatch(/^Open till-3 /);
    expect(outlookNode(told)).toMatchObject({ status: "warn", parts: [{ name: "load", observedValue: 120 }] });
    expect(new Shop().days(31, week).at(9, { calendar: DOUBLE }).warnings).toEqual([]);
  });

  it("of a promotion is learned from a day of the same name", () => {
    const shop = new Shop()
      .days(33, week)
      .days(1, () => 180)
      .days(6, week);
    const promotions = [
      { name: "Double", from: "2026-10-10", to: "2026-10-10", load: 2 },
      { name: "Double", from: "2026-10-17", to: "2026-10-17", load: 2 },
    ];
    const told = shop.at(9, { calendar: { ...CLOSED, promotions } });
    expect(told.nextHour).toBeCloseTo(180, 0);
    expect(told.warnings).toEqual([]);
  });

  it("that broke the shop before is a warning, for it was not carried", () => {
    const shop = new Shop().days(5, week);
    for (let n = 0; n < 4; n += 1)
      shop
        .days(
          1,
          () => 60,
          () => 2,
        )
        .days(6, week);
    expect(shop.at(9).warnings.map(({ node }) => node)).toContain("load");
  });

  it("that runs far ahead of the usual since the morning is told for the rest of the day", () => {
    const shop = new Shop().days(29, week).hour(10, 60).hour(11, 70).hour(12, 80);
    expect(shop.at(13).nextHour).toBeCloseTo(70, 0);
    const alike = new Shop().days(29, week).hour(10, 22).hour(11, 24).hour(12, 18);
    expect(alike.at(13).nextHour).toBeCloseTo(20, 0);
  });

  it("is none on a holiday, outside the opening hours, and by a clock that nobody set", () => {
    const shop = new Shop().days(33, week);
    const holidays = [{ name: "Closed", from: "2026-10-10", to: "2026-10-10", load: 0 }];
    expect(shop.at(9, { calendar: { ...CLOSED, holidays } }).nextHour).toBe(0);
    const openingHours = [{ days: ["sat"], from: "12:00", to: "20:00" }];
    const late = shop.at(9, { calendar: { ...DOUBLE, openingHours } });
    expect(late.warnings[0]?.reason.en).toMatch(/^Saturday 12:00 – 20:00/);
    const state = outlook.step(outlook.begin(), payment(1, MONDAY, "till-1", "answered", false));
    expect(state.first).toBeUndefined();
  });
});

describe("failures", () => {
  it("of one terminal that become more are told of this terminal, with both shares", () => {
    const shop = new Shop().days(30, week, () => 50).days(3, week, () => 6);
    const [found, ...others] = shop.at(0).warnings.filter(({ node }) => node.startsWith("failures"));
    expect(others).toEqual([]);
    expect(found?.node).toBe("failures:till-2");
    expect(found?.reason.en).toMatch(/^till-2: [\d.]+ % of payments failed in the last three days \(\d+\/\d+\), /);
  });

  it("that are as many as ever are not told, nor one hour's outage, nor a new terminal's", () => {
    const failures = (shop: Shop): readonly string[] =>
      shop.at(0).warnings.flatMap(({ node }) => (node.startsWith("failures") ? [node] : []));
    expect(failures(new Shop().days(33, week, () => 6))).toEqual([]);
    const outage = new Shop().days(31, week, () => 50);
    outage.hour(9, 60, 1);
    expect(failures(outage.days(2, week, () => 50))).toEqual([]);
    expect(failures(new Shop().days(3, week, () => 6))).toEqual([]);
  });
});

describe("what gets worse day by day", () => {
  it("is told with the day on which it comes to its limit", () => {
    const shop = new Shop();
    for (let n = 0; n < 28; n += 1) {
      shop.dips(Math.floor(n / 2));
      shop.days(1, week);
    }
    const found = shop.at(0).warnings.find(({ node }) => node === "supplyTrend");
    expect(found?.reason.en).toMatch(/^the supply voltage falls ever more often; once an hour about 2026-10-\d\d, if/);
  });

  it("is not told of one bad day", () => {
    const shop = new Shop().days(20, week);
    shop.dips(23);
    expect(shop.days(10, week).at(0).warnings).toEqual([]);
  });
});

const stepped = (state: OutlookState, input: RecordInput): OutlookState => outlook.step(state, input);
const someDay = array(
  record({
    after: integer({ min: 0, max: 40 * HOUR }),
    terminal: constantFrom("till-1", "till-2"),
    event: constantFrom<TransactionEvent>("requested", "answered", "unanswered", "answeredLate"),
  }),
  { maxLength: 120 },
);

it("a replay makes the same state, from wherever a snapshot was taken, and ticks leave nothing in it", () => {
  assert(
    property(someDay, nat(), (told, cut) => {
      let at = MONDAY;
      const records = told.map(({ after, terminal, event }, index) => {
        at += after;
        return payment(index + 1, at, terminal, event);
      });
      const whole = records.reduce(stepped, outlook.begin());
      const half = records.slice(0, cut % (records.length + 1)).reduce(stepped, outlook.begin());
      const now = { at: instant(at), clock: { bootId: bootId("boot"), monotonicMs: 0, synced: true } };
      const ticked = outlook.step(half, { type: "tick", now, mark: seq(0) });
      const again = records.reduce(stepped, outlook.unpack(outlook.pack(ticked)) ?? outlook.begin());
      expect(outlook.pack(again)).toBe(outlook.pack(whole));
      const ends = records.filter(({ body }) => JSON.stringify(body).match(/"event":"(answered|unanswered)"/) !== null);
      expect(whole.usual("").payments).toBeLessThanOrEqual(ends.length);
    }),
  );
  expect(outlook.unpack("{}")).toBeUndefined();
});

it("eight weeks are kept, and what was carried well before them stays known", () => {
  const shop = new Shop().days(1, () => 90).days(70, () => 20);
  expect(Math.min(...shop.state.hours.keys())).toBeGreaterThan(MONDAY + 13 * DAY);
  expect(shop.state.carried("")).toEqual({ perHour: 90, perTenMinutes: 15 });
});

it("the shop's clock knows summer time and zones of half an hour", () => {
  expect(new ShopZone("Europe/Berlin").at(Date.UTC(2026, 2, 29, 1))).toEqual({
    day: "2026-03-29",
    weekday: 6,
    hour: 3,
    minute: 0,
  });
  expect(new ShopZone("Asia/Kolkata").clock(MONDAY)).toBe("21:30");
});
