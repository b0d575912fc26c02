import { describe, expect, test } from "vitest";
import { DeliveryWorld } from "./delivery-world.ts";

const EARLY = "2026-01-31T10:00:00.000Z";
const LATE = "2026-02-28T10:00:00.000Z";
const QUOTA_EXCEEDED = 0x97;

function times(count: number, record: string): readonly string[] {
  return Array.from({ length: count }, () => record);
}

/** Everybody works until nothing more happens. */
function drainAll(world: DeliveryWorld): void {
  for (let round = 0; round < 1_000 && world.state.mark < world.rows.length; round += 1) {
    world.ack(world.inFlight);
    world.toHq();
    world.receipt();
    world.answerAll();
    world.tick(1_000);
    world.answerAll();
  }
}

describe("lanes in a backlog", () => {
  test("money goes first, however many alarms stand before it", () => {
    const backlog = [...times(2_000, "T1/alarm"), ...times(3, "T1"), ...times(5, "T2/alarm"), "T2"];
    const world = new DeliveryWorld({ window: 10, unreceiptedMax: 100 }, backlog).start();
    expect(world.order.slice(0, 4)).toEqual([2_001, 2_002, 2_003, 2_009]);
    drainAll(world);
    expect(world.state.mark).toBe(2_009);
    expect(world.order).toHaveLength(2_009);
  });

  test("alarms keep their order and follow when no money can go", () => {
    const world = new DeliveryWorld({ window: 3 }, ["T1/alarm", "T1", "T1/alarm", "T1", "T2/alarm"]).start();
    drainAll(world);
    expect(world.order).toEqual([2, 4, 1, 3, 5]);
  });

  test("money that has gone ahead leaves room for the alarm that the mark waits for", () => {
    const world = new DeliveryWorld({ unreceiptedMax: 6 }, ["T1/alarm", ...times(20, "T1")]).start();
    expect(world.order).toEqual([2, 3, 4, 1]);
    drainAll(world);
    expect(world.state.mark).toBe(21);
  });

  test("at a limited rate an alarm of a terminal without a backlog does not wait for money, nor money for alarms", () => {
    const rate = { perS: 10, burst: 1 };
    const world = new DeliveryWorld({ rate, window: 50 }, [...times(30, "T1"), ...times(30, "T2/alarm")]).start();
    world.tick(0);
    world.answerAll();
    world.append("T3/alarm", "T2");
    world.answerAll();
    expect(world.order).toEqual([1, 61, 62]);
  });

  test("a fresh alarm stays behind the older ones of its terminal that have stepped aside", () => {
    const rate = { perS: 10, burst: 1 };
    const world = new DeliveryWorld({ rate, window: 50 }, [...times(3, "T1/alarm"), ...times(3, "T1")]).start();
    world.tick(0);
    world.answerAll();
    world.append("T1/alarm");
    drainAll(world);
    expect(world.order).toEqual([4, 5, 6, 1, 2, 3, 7]);
  });
});

describe("a record that the broker refuses", () => {
  test("holds back what is newer of its own key, and nothing else", () => {
    const world = new DeliveryWorld({ window: 2 }, ["T1", "T2", "T1", "T2", "T1/alarm", "T1"]).start();
    world.ack([1], QUOTA_EXCEEDED);
    world.ack([2]);
    world.answerAll();
    for (let round = 0; round < 3; round += 1) world.ack(world.inFlight);
    expect(world.order).toEqual([1, 2, 4, 5]);
    world.tick(500);
    world.answerAll();
    world.ack([1]);
    world.answerAll();
    expect(world.order).toEqual([1, 2, 4, 5, 1, 3, 6]);
    drainAll(world);
    expect(world.state.mark).toBe(6);
  });

  test("does not let more pass than may be unconfirmed", () => {
    const world = new DeliveryWorld({ unreceiptedMax: 8 }, ["T1", ...times(40, "T2")]).start();
    world.ack([1], QUOTA_EXCEEDED);
    for (let round = 0; round < 20; round += 1) {
      world.ack(world.inFlight.filter((seq) => seq !== 1));
      world.toHq();
      world.receipt();
      world.answerAll();
    }
    expect(world.state.mark).toBe(0);
    expect(new Set(world.order).size).toBe(8);
  });

  test("holds back news of its key too", () => {
    const rate = { perS: 10, burst: 1 };
    const world = new DeliveryWorld({ rate, window: 50 }, times(10, "T1")).start();
    world.tick(0);
    world.answerAll();
    world.append("T2");
    world.answerAll();
    world.ack([11], QUOTA_EXCEEDED);
    world.append("T2", "T3");
    world.answerAll();
    expect(world.order).toEqual([1, 11, 13]);
  });
});

describe("deadlines in a backlog", () => {
  const rate = { perS: 10, burst: 1 };

  test("the key whose oldest record has the earliest deadline goes first", () => {
    const backlog = ["T1", "T1", `T2/money/${LATE}`, `T3/money/${EARLY}`, "T2", `T1/money/${EARLY}`];
    const world = new DeliveryWorld({ rate, window: 50 }, backlog).start();
    drainAll(world);
    expect(world.order).toEqual([4, 3, 1, 2, 6, 5]);
  });

  test("a deadline does not break the order of its key, nor put an alarm before money", () => {
    const backlog = ["T1", `T1/money/${EARLY}`, `T1/alarm/${EARLY}`, "T2/alarm", "T2"];
    const world = new DeliveryWorld({ rate, window: 50 }, backlog).start();
    drainAll(world);
    expect(world.order).toEqual([1, 2, 5, 3, 4]);
  });

  test("what is urgent pays like the rest", () => {
    const world = new DeliveryWorld({ rate, window: 50 }, [...times(3, "T1"), `T2/money/${EARLY}`]).start();
    expect(world.order).toEqual([4]);
    world.tick(100);
    expect(world.order).toEqual([4, 1]);
  });
});

describe("half of the window", () => {
  test("is not a backlog's while its rate is limited", () => {
    const rate = { perS: 1_000, burst: 1_000 };
    const world = new DeliveryWorld({ rate, window: 9 }, times(30, "T1")).start();
    expect(world.order).toHaveLength(5);
    world.tick(0);
    world.answerAll();
    world.append("T2", "T3", "T4", "T5", "T6");
    world.answerAll();
    expect(world.order.slice(5)).toEqual([31, 32, 33, 34]);
  });

  test("is, where no rate is set", () => {
    const world = new DeliveryWorld({ window: 9 }, times(30, "T1")).start();
    expect(world.order).toHaveLength(9);
  });
});

/** Acknowledged after so many ms each time, for so many rounds. */
function roundTrips(world: DeliveryWorld, rounds: number, ms: number): void {
  for (let round = 0; round < rounds; round += 1) {
    world.now += ms;
    world.ack(world.inFlight);
    world.answerAll();
  }
}

describe("drain control", () => {
  const rate = { perS: 2_000, burst: 100 };

  test("sends fewer of a backlog while PUBACKs take longer than they did, and news as ever", () => {
    const world = new DeliveryWorld(
      { rate, window: 50, unreceiptedMax: 50_000, drainControl: true },
      times(9_000, "T1"),
    );
    world.start();
    // The look ahead goes through the backlog, a page a tick.
    for (let page = 0; page < 20; page += 1) {
      world.tick(0);
      world.answerAll();
    }
    roundTrips(world, 100, 20);
    const before = world.order.length;
    roundTrips(world, 5, 20);
    const quick = world.order.length - before;
    expect(quick).toBe(5 * 25);
    roundTrips(world, 60, 400);
    const after = world.order.length;
    roundTrips(world, 5, 400);
    expect(world.order.length - after).toBeLessThan(quick / 10);
    world.append("T2", "T3");
    world.answerAll();
    expect(world.order.slice(-2)).toEqual([9_001, 9_002]);
  });

  test("sends fewer of a backlog while sales take longer than without it", () => {
    const world = new DeliveryWorld(
      { rate, window: 50, unreceiptedMax: 50_000, drainControl: true },
      times(9_000, "T1"),
    );
    for (let sale = 0; sale < 20; sale += 1) {
      world.now += 1_000;
      world.sale(200);
    }
    world.start();
    roundTrips(world, 300, 20);
    expect(world.state.congestion.share).toBe(1);
    for (let sale = 0; sale < 5; sale += 1) {
      roundTrips(world, 10, 60);
      world.sale(600);
    }
    expect(world.state.congestion.share).toBeLessThan(0.1);
  });
});
