import { describe, expect, test } from "vitest";
import { rulesThatFit } from "../../../src/uplink/rules-that-fit.ts";
import { DeliveryWorld } from "./delivery-world.ts";

const FORMAT_INVALID = 0x99;
const TOPIC_INVALID = 0x90;
const TOO_LARGE = 0x95;
const NOT_AUTHORISED = 0x87;

function round(world: DeliveryWorld): void {
  world.ack(world.inFlight.filter((seq) => !world.poison.has(seq)));
  world.writeGaps();
  world.toHq();
  world.receipt();
  world.answerAll();
  world.tick(500);
  world.answerAll();
}

/** The broker ends the session, and the gateway comes back. */
function again(world: DeliveryWorld): void {
  world.open();
  world.hqOnline();
  world.answerAll();
  world.tick(1_000);
  world.answerAll();
}

describe("a permanent refusal", () => {
  test.each([FORMAT_INVALID, TOPIC_INVALID, TOO_LARGE])("%i parks the record, and delivery goes on", (code) => {
    const world = new DeliveryWorld({}, ["T1", "T1", "T2"]).start();
    world.ack([1], code);
    world.writeGaps();
    expect(world.parked).toEqual([1]);
    for (let n = 0; n < 4; n += 1) round(world);
    expect(world.state.mark).toBe(4);
    expect(world.order).toEqual([1, 2, 3, 4]);
  });

  test("is none that others will change: not authorised, quota, unspecified are tried again", () => {
    for (const code of [NOT_AUTHORISED, 0x97, 0x80, 0x83]) {
      const world = new DeliveryWorld({}, ["T1"]).start();
      world.ack([1], code);
      world.writeGaps();
      expect(world.parked).toEqual([]);
      world.tick(500);
      world.answerAll();
      expect(world.order).toEqual([1, 1]);
    }
  });

  test("moves the mark in broker mode only when the ledger says that it is parked", () => {
    const world = new DeliveryWorld({ confirm: "broker" }, ["T1", "T1"]).start();
    world.ack([1], FORMAT_INVALID);
    world.ack([2]);
    expect(world.state.mark).toBe(0);
    world.writeGaps();
    world.answerAll();
    world.ack(world.inFlight);
    expect(world.state.mark).toBe(3);
  });

  test("is told to headquarters before the rest of the backlog, so that its receipts do not stand still", () => {
    const backlog = ["T1", ...Array.from({ length: 60 }, () => "T2")];
    const world = new DeliveryWorld({ window: 4, unreceiptedMax: 8 }, backlog).start();
    world.ack([1], FORMAT_INVALID);
    world.writeGaps();
    for (let n = 0; n < 5; n += 1) round(world);
    expect(world.order.indexOf(62)).toBeLessThan(20);
    expect(world.state.mark).toBeGreaterThan(4);
    for (let n = 0; n < 40; n += 1) round(world);
    expect(world.state.mark).toBe(62);
    expect(world.order.filter((seq) => seq === 62)).toEqual([62]);
  });

  test("is not undone because headquarters names the record as missing", () => {
    const world = new DeliveryWorld({ missingGraceMs: 100 }, ["T1", "T1"]).start();
    world.ack([1], FORMAT_INVALID);
    world.ack([2]);
    world.toHq();
    for (let n = 0; n < 5; n += 1) {
      world.tick(1_000);
      world.rawReceipt(0, [1]);
      world.answerAll();
    }
    expect(world.order).toEqual([1, 2]);
  });

  test("of so many that it must be the broker's doing parks no more; they are tried again", () => {
    const world = new DeliveryWorld(
      { window: 200, unreceiptedMax: 500 },
      Array.from({ length: 150 }, (_, n) => `T${n}`),
    ).start();
    for (let n = 0; n < 5; n += 1) {
      world.ack(
        world.inFlight.filter((seq) => seq <= 150),
        TOPIC_INVALID,
      );
      round(world);
    }
    expect(world.parked).toHaveLength(100);
    expect(world.notes.some(({ what }) => what === "parkingFull")).toBe(true);
    for (let n = 0; n < 200; n += 1) round(world);
    expect(world.state.mark).toBe(world.rows.length);
    expect(world.accepted.size).toBe(world.rows.length - 100);
  });
});

describe("a record that makes the broker end the session", () => {
  test("is found among those in flight, and parked after three ends with it alone on the wire", () => {
    const world = new DeliveryWorld({ window: 5 }, ["T1", "T2", "T3", "T4", "T5", "T6"]);
    world.poisonOne(3);
    world.start();
    let ends = 0;
    for (; ends < 20 && world.parked.length === 0; ends += world.isPoisoned() ? 1 : 0) {
      if (world.state.window === 0) again(world);
      round(world);
    }
    expect(world.parked).toEqual([3]);
    // Two until it is suspect, three of its own.
    expect(ends).toBe(5);
    again(world);
    for (let n = 0; n < 6; n += 1) round(world);
    expect(world.state.mark).toBe(world.rows.length);
  });

  test("is not one that is acknowledged, however often the broker ends the session", () => {
    const world = new DeliveryWorld({ window: 5 }, ["T1", "T2", "T3"]).start();
    for (let n = 0; n < 30; n += 1) {
      world.lose(true);
      again(world);
      // One at a time, each suspect is acknowledged before the line is cut again.
      world.ack(world.inFlight.slice(0, 1));
      world.answerAll();
    }
    expect(world.parked).toEqual([]);
    expect(world.unwritten).toEqual([]);
  });

  test("is not suspected for one end: after it everything goes as before", () => {
    const world = new DeliveryWorld({ window: 5 }, ["T1", "T2", "T3"]).start();
    world.lose(true);
    world.start();
    expect(world.inFlight).toEqual([1, 2, 3]);
  });

  test("is not suspected when the line ended, or we did", () => {
    const world = new DeliveryWorld({ window: 1 }, ["T1"]).start();
    for (let n = 0; n < 20; n += 1) {
      world.lose(false);
      again(world);
      expect(world.inFlight).toEqual([1]);
    }
    expect(world.unwritten).toEqual([]);
  });

  test("is not accused by sessions that the broker ends before anything was sent", () => {
    const world = new DeliveryWorld({ window: 1 }, ["T1"]).start();
    for (let n = 0; n < 20; n += 1) {
      world.lose(true);
      world.open();
      world.hqOnline();
      world.answerAll();
      world.tick(500);
      world.answerAll();
    }
    expect(world.unwritten).toEqual([]);
  });
});

function parkedOne(confirm: "receipt" | "broker" = "receipt"): DeliveryWorld {
  const world = new DeliveryWorld({ confirm }, ["T1", "T1"]).start();
  world.ack([1], FORMAT_INVALID);
  for (let n = 0; n < 4; n += 1) round(world);
  expect(world.state.mark).toBe(3);
  return world;
}

describe("a parked record that is released", () => {
  test("goes again, and is parked no more when the broker takes it", () => {
    const world = parkedOne();
    world.release(1);
    world.answerAll();
    expect(world.sent.find(({ seq }, index) => seq === 1 && index > 0)?.channel).toBe("replay");
    for (let n = 0; n < 4; n += 1) round(world);
    expect(world.stored.has(1)).toBe(true);
    expect(world.parked).toEqual([]);
    expect(world.state.mark).toBe(4);
  });

  test("is parked again when the broker refuses it again", () => {
    const world = parkedOne();
    world.release(1);
    world.answerAll();
    world.ack([1], FORMAT_INVALID);
    for (let n = 0; n < 4; n += 1) round(world);
    expect(world.parked).toEqual([1]);
    expect(world.state.mark).toBe(5);
  });

  test("before headquarters has heard that it was parked: what told of it goes on as a record like others, but is no news", () => {
    const world = new DeliveryWorld({ window: 2 }, ["T1", ...Array.from({ length: 20 }, () => "T2")]).start();
    world.ack([1], FORMAT_INVALID);
    world.writeGaps();
    world.answerAll();
    world.ack(world.inFlight);
    expect(world.order).toEqual([1, 2, 3, 22, 4]);
    world.release(1);
    for (let n = 0; n < 30; n += 1) round(world);
    expect(world.sent.filter(({ seq }) => seq === 22).map(({ channel }) => channel)).not.toContain("records");
    expect(world.state.mark).toBe(23);
    expect(world.stored.has(1)).toBe(true);
  });

  test("is not lost with the session, nor with the daemon, before the broker has it", () => {
    const world = parkedOne("broker");
    world.release(1);
    world.answerAll();
    world.lose();
    world.start();
    expect(world.inFlight).toContain(1);
    world.restart();
    world.start();
    expect(world.inFlight).toContain(1);
  });
});

test("after a restart what is parked stays so, and headquarters hears of it first", () => {
  const world = new DeliveryWorld({ window: 2 }, ["T1", "T1", "T1", "T1"]).start();
  world.ack([1], FORMAT_INVALID);
  world.writeGaps();
  world.restart();
  world.start();
  expect(world.order.slice(3)).toEqual([5, 2]);
  for (let n = 0; n < 4; n += 1) round(world);
  expect(world.state.mark).toBe(5);
});

describe("room for one unconfirmed record", () => {
  test.each([
    [1, 2],
    [2, 1],
    [1, 3],
    [2, 3],
  ])("is enough while the records %i and %i end every session", (one, other) => {
    const rules = rulesThatFit({ confirm: "broker", window: 2, unreceiptedMax: 1, drainControl: false } as const);
    const world = new DeliveryWorld(rules, ["T1", "T1", "T1"]).start();
    world.poison.add(one);
    world.poison.add(other);
    world.open();
    for (let n = 0; n < 60; n += 1) {
      if (world.isPoisoned()) {
        world.open();
        world.hqOnline();
      }
      round(world);
    }
    expect(new Set(world.parked)).toEqual(new Set([one, other]));
    expect(world.state.mark).toBe(world.rows.length);
  });
});
