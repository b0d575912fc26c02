import { describe, expect, test } from "vitest";
import { DeliveryWorld } from "./delivery-world.ts";

function round(world: DeliveryWorld): void {
  world.ack(world.inFlight);
  world.writeGaps();
  world.toHq();
  world.receipt();
  world.answerAll();
  world.tick(500);
  world.answerAll();
}

function delivered(count: number): DeliveryWorld {
  const world = new DeliveryWorld(
    { missingGraceMs: 1_000 },
    Array.from({ length: count }, () => "T1"),
  ).start();
  for (let n = 0; n < count && world.state.mark < count; n += 1) round(world);
  expect(world.state.mark).toBe(count);
  return world;
}

describe("headquarters that has lost what it had", () => {
  test("from a backup, in a session of its own: gets everything since, at once", () => {
    const world = delivered(6);
    world.hqRestores(4);
    world.receipt();
    world.answerAll();
    expect(world.state.mark).toBe(4);
    expect(world.sent.slice(6)).toEqual([
      { seq: 5, channel: "replay" },
      { seq: 6, channel: "replay" },
    ]);
    round(world);
    expect(world.state.mark).toBe(6);
  });

  test("comes back empty: gets the whole ledger", () => {
    const world = delivered(6);
    world.hqRestores(0);
    for (let n = 0; n < 4; n += 1) round(world);
    expect(world.stored.size).toBe(6);
    expect(world.state.mark).toBe(6);
    expect(world.notes).toContainEqual({ what: "hqBehind", upTo: 0, mark: 6 });
  });

  test("in the session that confirmed: is believed when it says so twice, a grace apart", () => {
    const world = delivered(6);
    world.rawReceipt(4);
    world.tick(999);
    world.rawReceipt(4);
    expect(world.state.mark).toBe(6);
    world.tick(1);
    world.rawReceipt(4);
    expect(world.state.mark).toBe(4);
  });

  test("is not seen in a receipt of an earlier moment that comes late", () => {
    const world = delivered(6);
    world.rawReceipt(4);
    world.receipt();
    world.tick(5_000);
    world.rawReceipt(4);
    world.answerAll();
    expect(world.state.mark).toBe(6);
    expect(world.order).toHaveLength(6);
  });
});

describe("records that headquarters misses and retention has freed", () => {
  test("are declared once, and delivery goes on from the first that there is", () => {
    const world = delivered(8);
    world.free(5);
    world.hqRestores(0);
    for (let n = 0; n < 6; n += 1) round(world);
    expect([...world.gaps.values()]).toEqual([{ event: "unavailable", from: 1, to: 5 }]);
    expect(world.state.mark).toBe(9);
    expect([...world.stored].sort((a, b) => a - b)).toEqual([6, 7, 8, 9]);
  });

  test("are not declared again after a restart, nor to the next empty headquarters", () => {
    const world = delivered(8);
    world.free(5);
    world.hqRestores(0);
    round(world);
    world.restart();
    world.start();
    for (let n = 0; n < 6; n += 1) round(world);
    world.hqRestores(0);
    for (let n = 0; n < 6; n += 1) round(world);
    expect(world.gaps.size).toBe(1);
    expect(world.state.mark).toBe(9);
  });

  test("do not count for what may be unconfirmed", () => {
    const world = new DeliveryWorld(
      { unreceiptedMax: 4 },
      Array.from({ length: 20 }, () => "T1"),
    ).start();
    for (let n = 0; n < 20; n += 1) round(world);
    world.free(18);
    world.hqRestores(0);
    for (let n = 0; n < 6; n += 1) round(world);
    expect(world.state.mark).toBe(21);
  });

  test("are declared when they are named as single holes", () => {
    const world = delivered(8);
    world.free(5);
    world.stored.delete(3);
    for (let n = 0; n < 4; n += 1) round(world);
    expect([...world.gaps.values()]).toEqual([{ event: "unavailable", from: 3, to: 3 }]);
    expect(world.state.mark).toBe(9);
  });
});
