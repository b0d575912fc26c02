import { describe, expect, test } from "vitest";
import { DeliveryWorld } from "./delivery-world.ts";

const UNHEARD = 0x10;
const QUOTA_EXCEEDED = 0x97;

function terminals(count: number, name = "T1"): readonly string[] {
  return Array.from({ length: count }, () => name);
}

function from(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** The next receipt comes from a store that has everything the broker got. */
function confirmAll(world: DeliveryWorld): void {
  world.ack(world.inFlight);
  world.toHq();
  world.receipt();
  world.answerAll();
}

function withHole(): DeliveryWorld {
  const world = new DeliveryWorld({ missingGraceMs: 1_000 }, terminals(5)).start();
  world.ack(world.inFlight);
  world.tick(100);
  world.toHq((seq) => seq !== 2);
  return world;
}

describe("draining", () => {
  test("goes through the ledger in order, as far as the window allows", () => {
    const world = new DeliveryWorld({ window: 3 }, terminals(5)).start();
    expect(world.order).toEqual([1, 2, 3]);
    world.ack([2]);
    expect(world.order).toEqual([1, 2, 3, 4]);
    world.ack([1, 3]);
    expect(world.order).toEqual([1, 2, 3, 4, 5]);
  });

  test("keeps to the broker's Receive Maximum when that is smaller than the window", () => {
    const world = new DeliveryWorld({ window: 10 }, terminals(5));
    world.open(2);
    world.hqOnline();
    world.answerAll();
    expect(world.order).toEqual([1, 2]);
  });

  test("reads on while it sends, page by page", () => {
    const world = new DeliveryWorld({ window: 1_000, unreceiptedMax: 5_000 }, terminals(1_200)).start();
    expect(world.order).toEqual(from(1, 1_000));
    confirmAll(world);
    expect(world.order).toEqual(from(1, 1_200));
  });

  test("sends a new record as soon as the ledger has it", () => {
    const world = new DeliveryWorld().start();
    world.append("T1");
    world.answerAll();
    expect(world.order).toEqual([1]);
  });

  test("asks again a second after the ledger could not be read", () => {
    const world = new DeliveryWorld({}, terminals(2));
    world.open();
    world.hqOnline();
    world.answer(true);
    world.tick(500);
    expect(world.asked).toBeUndefined();
    world.tick(500);
    world.answerAll();
    expect(world.order).toEqual([1, 2]);
    expect(world.notes).toEqual([{ what: "unreadable", from: 1, reader: "drain" }]);
  });

  test("sends everything beyond the mark again after a lost session", () => {
    const world = new DeliveryWorld({}, terminals(4)).start();
    world.ack([1, 2]);
    world.stored.add(1);
    world.receipt();
    world.lose();
    world.start();
    expect(world.order).toEqual([1, 2, 3, 4, 2, 3, 4]);
  });
});

describe("confirmed by receipts", () => {
  test("a PUBACK frees nothing, a receipt moves the mark", () => {
    const world = new DeliveryWorld({}, terminals(3)).start();
    world.ack([1, 2, 3]);
    expect(world.state.mark).toBe(0);
    world.toHq((seq) => seq < 3);
    world.receipt();
    expect(world.state.mark).toBe(2);
  });

  test("pauses when too much is sent and not receipted", () => {
    const world = new DeliveryWorld({ window: 10, unreceiptedMax: 4 }, terminals(6)).start();
    world.ack([1, 2, 3, 4]);
    expect(world.order).toEqual([1, 2, 3, 4]);
    world.toHq((seq) => seq <= 2);
    world.receipt();
    expect(world.order).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("sends nothing before headquarters says that it is there", () => {
    const world = new DeliveryWorld({}, terminals(2));
    world.open();
    world.answerAll();
    expect(world.order).toEqual([]);
    world.hqOnline();
    world.answerAll();
    expect(world.order).toEqual([1, 2]);
    world.hqOffline();
    world.append("T1");
    world.answerAll();
    expect(world.order).toEqual([1, 2]);
  });

  test("sends everything unreceipted again to a new session of headquarters", () => {
    const world = new DeliveryWorld({}, terminals(3)).start();
    world.ack([1, 2, 3]);
    world.hqOnline();
    world.answerAll();
    expect(world.order).toEqual([1, 2, 3, 1, 2, 3]);
  });

  test("goes back to the mark when no receipt comes in time, less and less often", () => {
    const world = new DeliveryWorld({ receiptDeadlineMs: 1_000 }, terminals(2)).start();
    world.ack([1, 2]);
    world.tick(999);
    expect(world.order).toEqual([1, 2]);
    world.tick(1);
    world.answerAll();
    expect(world.order).toEqual([1, 2, 1, 2]);
    world.ack([1, 2]);
    world.tick(1_999);
    world.answerAll();
    expect(world.order).toEqual([1, 2, 1, 2]);
    world.tick(1);
    world.answerAll();
    expect(world.order).toEqual([1, 2, 1, 2, 1, 2]);
    expect(world.notes.map((note) => note.what)).toEqual(["noProgress", "noProgress"]);
  });

  test("counts the deadline from the first record that could be receipted", () => {
    const world = new DeliveryWorld({ receiptDeadlineMs: 1_000 }).start();
    world.tick(50_000);
    world.append("T1");
    world.answerAll();
    world.tick(900);
    expect(world.order).toEqual([1]);
  });

  test("takes a receipt for records that this run of the gateway has not sent", () => {
    const world = new DeliveryWorld({}, terminals(5)).start();
    for (const seq of from(1, 4)) world.stored.add(seq);
    world.lose();
    world.open();
    world.hqOnline();
    world.receipt();
    world.answerAll();
    expect(world.state.mark).toBe(4);
    expect(world.order).toEqual([1, 2, 3, 4, 5, 5]);
  });

  test("ignores receipts for another stream", () => {
    const world = new DeliveryWorld({}, terminals(3)).start();
    world.foreignReceipt(3);
    expect(world.state.mark).toBe(0);
    expect(world.notes.map((note) => note.what)).toEqual(["foreignReceipt"]);
  });

  test("never confirms beyond the ledger's head, and says so", () => {
    const world = new DeliveryWorld({}, terminals(3)).start();
    world.rawReceipt(4);
    expect(world.state.mark).toBe(0);
    expect(world.notes).toEqual([{ what: "receiptBeyondHead", upTo: 4, head: 3 }]);
  });
});

describe("holes at headquarters", () => {
  test("are sent again, as replay", () => {
    const world = withHole();
    world.tick(1_000);
    world.receipt();
    world.answerAll();
    expect(world.order).toEqual([1, 2, 3, 4, 5, 2]);
    expect(world.sent.at(-1)?.channel).toBe("replay");
    confirmAll(world);
    expect(world.state.mark).toBe(5);
  });

  test("are not believed while the record may be on its way", () => {
    const world = withHole();
    world.receipt();
    world.tick(500);
    world.receipt();
    world.answerAll();
    expect(world.order).toEqual([1, 2, 3, 4, 5]);
  });

  test("are sent once in a grace, however often they are named", () => {
    const world = withHole();
    world.tick(1_000);
    for (let round = 0; round < 5; round += 1) {
      world.receipt();
      world.answerAll();
      world.ack(world.inFlight);
      world.atBroker.length = 0;
      world.tick(100);
    }
    expect(world.order).toEqual([1, 2, 3, 4, 5, 2]);
    world.tick(1_000);
    world.receipt();
    world.answerAll();
    expect(world.order).toEqual([1, 2, 3, 4, 5, 2, 2]);
  });

  test("are not sent again while the broker has yet to acknowledge the last time", () => {
    const world = withHole();
    world.tick(1_000);
    world.receipt();
    world.answerAll();
    world.tick(5_000);
    world.receipt();
    world.answerAll();
    expect(world.order).toEqual([1, 2, 3, 4, 5, 2]);
  });

  test("are filled from below the mark when headquarters has lost what it had stored", () => {
    const world = new DeliveryWorld({}, terminals(4)).start();
    confirmAll(world);
    expect(world.state.mark).toBe(4);
    world.rawReceipt(1, [2, 3]);
    world.answerAll();
    expect(world.order).toEqual([1, 2, 3, 4, 2, 3]);
    expect(world.state.mark).toBe(4);
  });

  test("that have not been sent yet are left to the drain", () => {
    const world = new DeliveryWorld({ window: 2 }, terminals(5)).start();
    world.tick(5_000);
    world.tick(5_000);
    world.rawReceipt(0, [3, 4]);
    world.answerAll();
    expect(world.order).toEqual([1, 2]);
  });
});

describe("confirmed by the broker", () => {
  test("the mark follows the oldest unacknowledged record", () => {
    const world = new DeliveryWorld({ confirm: "broker" }, terminals(4)).start();
    world.ack([2, 3]);
    expect(world.state.mark).toBe(0);
    world.ack([1]);
    expect(world.state.mark).toBe(3);
  });

  test("needs no headquarters", () => {
    const world = new DeliveryWorld({ confirm: "broker" }, terminals(1));
    world.open();
    world.answerAll();
    expect(world.order).toEqual([1]);
  });

  test("a record that nobody was subscribed to is not delivered", () => {
    const world = new DeliveryWorld({ confirm: "broker" }, terminals(1)).start();
    world.ack([1], UNHEARD);
    expect(world.state.mark).toBe(0);
    world.tick(500);
    world.answerAll();
    expect(world.order).toEqual([1, 1]);
    world.ack([1]);
    expect(world.state.mark).toBe(1);
  });
});

describe("a record that the broker refuses", () => {
  test("is tried again after 0.5, 1, 2 seconds, and nothing new goes before it is through", () => {
    const world = new DeliveryWorld({ window: 2 }, terminals(4)).start();
    world.ack([1], QUOTA_EXCEEDED);
    world.ack([2]);
    const tries = [500, 1_000, 2_000];
    for (const [index, wait] of tries.entries()) {
      world.tick(wait - 1);
      world.answerAll();
      expect(world.order).toHaveLength(2 + index);
      world.tick(1);
      world.answerAll();
      expect(world.order.slice(2)).toEqual(tries.slice(0, index + 1).map(() => 1));
      world.ack([1], QUOTA_EXCEEDED);
    }
    world.tick(4_000);
    world.answerAll();
    world.ack([1]);
    world.answerAll();
    expect(world.order.slice(-2)).toEqual([3, 4]);
    expect(world.notes.filter((note) => note.what === "refused")).toHaveLength(4);
  });
});

describe("the channel", () => {
  test("is records for the first of each terminal and lane, replay for what stands behind an unconfirmed one", () => {
    const world = new DeliveryWorld({}, ["T1", "T2", "T1", "T1/alarm", ""]).start();
    expect(world.sent.map((s) => s.channel)).toEqual(["records", "records", "replay", "records", "records"]);
  });

  test("is records again when everything older of the terminal is confirmed", () => {
    const world = new DeliveryWorld({}, ["T1"]).start();
    confirmAll(world);
    world.append("T1");
    world.answerAll();
    expect(world.sent.map((s) => s.channel)).toEqual(["records", "records"]);
  });

  test("is replay for whatever may have been sent before", () => {
    const world = new DeliveryWorld({}, ["T1", "T1"]).start();
    world.lose();
    world.append("T2");
    world.start();
    expect(world.sent.map((s) => s.channel)).toEqual(["records", "replay", "replay", "replay", "records"]);
  });

  test("is replay after a restart for all that stood in the ledger, since the life before may have sent it", () => {
    const world = new DeliveryWorld({}, ["T1", "T2"]).start();
    world.restart();
    world.append("T3");
    world.start();
    expect(world.sent.slice(2)).toEqual([
      { seq: 1, channel: "replay" },
      { seq: 2, channel: "replay" },
      { seq: 3, channel: "records" },
    ]);
  });
});

describe("a limited rate", () => {
  const rate = { perS: 10, burst: 2 };

  function behind(): DeliveryWorld {
    const world = new DeliveryWorld({ rate, window: 50 }, terminals(20)).start();
    expect(world.order).toEqual([1, 2]);
    // The look ahead goes through the backlog, a page a tick.
    world.tick(0);
    world.answerAll();
    return world;
  }

  test("holds for what stood in the ledger when draining began", () => {
    const world = new DeliveryWorld({ rate }, terminals(6)).start();
    expect(world.order).toEqual([1, 2]);
    world.tick(200);
    expect(world.order).toEqual([1, 2, 3, 4]);
    world.ack([1, 2, 3, 4]);
    world.tick(10_000);
    expect(world.order).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("does not hold for news", () => {
    const world = new DeliveryWorld({ rate }).start();
    world.append(...terminals(6));
    world.answerAll();
    expect(world.order).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("lets news of a terminal without a backlog overtake", () => {
    const world = behind();
    world.append("T2", "T2");
    world.answerAll();
    expect(world.sent.slice(2)).toEqual([
      { seq: 21, channel: "records" },
      { seq: 22, channel: "replay" },
    ]);
  });

  test("keeps news of a terminal behind its own backlog, and then at its rate", () => {
    const world = behind();
    world.append("T1", "T2", "T1");
    world.answerAll();
    expect(world.order.slice(2)).toEqual([22]);
    confirmAll(world);
    for (let round = 0; round < 9; round += 1) world.tick(200);
    expect(world.order.slice(3)).toEqual(from(3, 20));
    world.tick(200);
    expect(world.order.slice(-2)).toEqual([21, 23]);
  });

  test("sends what has overtaken only once", () => {
    const world = behind();
    world.append("T2");
    world.answerAll();
    for (let round = 0; round < 20; round += 1) {
      confirmAll(world);
      world.tick(200);
    }
    confirmAll(world);
    expect(world.state.mark).toBe(21);
    expect(world.order).toHaveLength(21);
  });

  test("leaves the drain half of what may be unreceipted, so that overtaking cannot stop it", () => {
    const world = new DeliveryWorld({ rate, window: 50, unreceiptedMax: 10 }, terminals(20)).start();
    world.tick(0);
    world.answerAll();
    world.append(...terminals(12, "T2"));
    world.answerAll();
    expect(world.order.filter((seq) => seq > 20)).toEqual(from(21, 25));
    world.tick(10_000);
    expect(world.order.filter((seq) => seq <= 20)).toEqual([1, 2, 3, 4]);
  });
});
