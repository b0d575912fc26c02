import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { currency, minorUnits } from "../../../src/domain/money.ts";
import type { HqBooks } from "../../../src/sim/hq/books.ts";
import type { Uplink } from "../../../src/uplink/uplink.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { disconnect, type Mischief, pubackWith, WrongBroker } from "../../support/wrong-broker.ts";
import { Rig } from "../uplink/rig.ts";

const PUBACK_DEADLINE_MS = 1_000;
const SALES = 60;

/** A gateway whose broker is wrong, and a headquarters that hears of it by a right one. */
class Case implements AsyncDisposable {
  readonly rig: Rig;
  readonly broker: WrongBroker;
  readonly #undo: AsyncDisposableStack;

  private constructor(rig: Rig, broker: WrongBroker, undo: AsyncDisposableStack) {
    this.rig = rig;
    this.broker = broker;
    this.#undo = undo;
  }

  static async open(): Promise<Case> {
    await using undo = new AsyncDisposableStack();
    const rig = undo.use(await Rig.start());
    const broker = undo.use(await WrongBroker.before(rig.broker.port));
    rig.hq({ receiptEveryMs: 300 });
    return new Case(rig, broker, undo.move());
  }

  uplink(): Uplink {
    const { ledger } = this.rig;
    return this.rig.uplink(
      {
        url: this.broker.url,
        protocol: "5",
        pubackDeadlineMs: PUBACK_DEADLINE_MS,
        receiptDeadlineMs: 1_500,
        timing: { missingGraceMs: 300, takenOverRetryMs: 100, bootSpreadMs: 0 },
      },
      { record: async (draft) => ledger.append(draft) },
    ).uplink;
  }

  /** Everything arrives once the broker behaves: nothing is lost, and nothing counts twice. */
  async settled(): Promise<HqBooks> {
    const books = await this.rig.settled();
    expect(books).toMatchObject({ forks: 0, gaps: 0, chainBreaks: 0, damaged: 0, alarms: [] });
    expect(books.rowsByKind.get("transaction")).toBe(SALES);
    return books;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#undo.disposeAsync();
  }
}

interface Misbehaviour {
  readonly mischief: Mischief;
  /** Records that must have met it before the broker is good again. */
  readonly records?: number;
  /** Connections that it must have cost. */
  readonly connects?: number;
}

/** Sells while the broker misbehaves, lets it be good after a while, and waits until everything has arrived. */
async function after({ mischief, records = 10, connects = 1 }: Misbehaviour) {
  await using one = await Case.open();
  one.broker.misbehave(mischief);
  const uplink = one.uplink();
  const selling = one.rig.sell(SALES);
  await waitUntil(
    "the broker has misbehaved",
    () => one.broker.records >= records && (uplink.counters()["connects"] ?? 0) >= connects,
  );
  await delay(300);
  one.broker.behave();
  await selling;
  const books = await one.settled();
  return { books, counters: uplink.counters() };
}

/** One after the other, from the beginning again. */
function inTurn<T>(things: readonly [T, ...T[]]): () => T {
  let next = 0;
  return () => {
    next += 1;
    return things[(next - 1) % things.length] ?? things[0];
  };
}

/** Ends of a session that a broker has reasons for (MQTT 5, 3.14.2.1). */
const ENDS = inTurn([0x81, 0x82, 0x83, 0x87, 0x89, 0x8b, 0x8d, 0x8e, 0x93, 0x96, 0x97, 0x98, 0x9c, 0xa0]);

/** What no MQTT client should ever hear. */
const GARBAGE = inTurn([
  Buffer.from([0x00, 0x00]),
  // A length that never ends.
  Buffer.from([0x40, 0xff, 0xff, 0xff, 0xff, 0xff]),
  // A PUBACK without its packet identifier.
  Buffer.from([0x40, 0x01, 0x00]),
  Buffer.from("GET / HTTP/1.1\r\nHost: broker\r\n\r\n"),
]);

/** Refusals that may pass (MQTT 5, 3.4.2.1). */
const REFUSALS = inTurn([0x80, 0x83, 0x87, 0x97]);

describe("everything that was acknowledged at the till reaches headquarters, although the broker", () => {
  test("acknowledges later than anybody waits", async () => {
    await after({
      connects: 2,
      mischief: async (record) => {
        await record.forward();
        await delay(PUBACK_DEADLINE_MS * 3);
        record.acknowledge();
      },
    });
  });

  test("acknowledges everything twice", async () => {
    await after({
      mischief: async (record) => {
        await record.forward();
        record.acknowledge();
        record.acknowledge();
      },
    });
  });

  test("acknowledges what it was never sent, and nothing else", async () => {
    await after({
      connects: 2,
      mischief: (record) => record.say(pubackWith(((record.id + 30_000) % 65_535) + 1, 0)),
    });
  });

  test("acknowledges the wrong one of two", async () => {
    await after({
      mischief: async (record) => {
        if (record.count % 2 === 1) record.say(pubackWith(record.id + 1, 0));
        else await record.forward();
      },
    });
  });

  test("refuses, with codes that may pass", async () => {
    const { counters, books } = await after({ mischief: (record) => record.acknowledge(REFUSALS()) });
    expect(counters["recordsRefused"]).toBeGreaterThan(3);
    expect(counters["recordsParked"]).toBe(0);
    expect(books.accounted).toEqual([]);
  });

  test("has no subscriber for it (code 0x10), and throws it away", async () => {
    await after({ mischief: (record) => record.acknowledge(0x10) });
  });

  test("acknowledges, and never delivers: receipts find the holes", async () => {
    const { counters } = await after({ records: SALES, mischief: (record) => record.acknowledge() });
    const { recordsMissing = 0, deliveryRestarts = 0 } = counters;
    expect(recordsMissing + deliveryRestarts).toBeGreaterThan(0);
  });

  test("acknowledges, and delivers every second one", async () => {
    const { counters } = await after({
      records: SALES,
      mischief: async (record) => {
        if (record.count % 2 === 0) await record.forward();
        record.acknowledge();
      },
    });
    expect(counters["recordsMissing"]).toBeGreaterThan(0);
  });

  test("closes the connection after each record, delivered or not", async () => {
    await after({
      connects: 3,
      records: 3,
      mischief: async (record) => {
        if (record.count % 2 === 0) await record.forward();
        record.close();
      },
    });
  });

  test("ends the session after each record, for every reason that there is", async () => {
    await after({
      connects: 15,
      records: 15,
      mischief: (record) => {
        record.say(disconnect(ENDS()));
        record.close();
      },
    });
  });

  test("says things that are not MQTT", async () => {
    await after({ connects: 5, records: 5, mischief: (record) => record.say(GARBAGE()) });
  });
});

describe("a record that this broker will never take is parked, named at headquarters, and holds up nothing else", () => {
  test.each([0x90, 0x99])("code %i", async (code) => {
    await using one = await Case.open();
    one.broker.misbehave(async (record) => {
      if (record.count === 3) {
        record.acknowledge(code);
        return;
      }
      await record.forward();
      record.acknowledge();
    });
    const uplink = one.uplink();
    await one.rig.sell(SALES);
    const books = await one.rig.settled();
    expect(uplink.counters()["recordsParked"]).toBe(1);
    expect(books).toMatchObject({ forks: 0, gaps: 0, chainBreaks: 0, alarms: [] });
    expect(books.accounted).toMatchObject([{ why: "parked", stream: one.rig.stream }]);
    expect(books.rowsByKind.get("transaction")).toBe(SALES - 1);
    expect(books.gapRecords[0]?.body).toMatchObject({
      event: "parked",
      amount: minorUnits(100),
      currency: currency("CNY"),
    });
  });
});

/** A property that is a text. */
function text(identifier: number, value: string): readonly number[] {
  return [identifier, 0, value.length, ...Buffer.from(value)];
}

describe("a broker with limits", () => {
  test.each([1, 3])("never has more than its Receive Maximum of %i under way", async (maximum) => {
    await using one = await Case.open();
    one.broker.properties = [0x21, 0, maximum];
    one.broker.misbehave(async (record) => {
      await record.forward();
      await delay(2);
      record.acknowledge();
    });
    one.uplink();
    await one.rig.sell(SALES);
    await one.settled();
    expect(one.broker.mostUnderWay).toBe(maximum);
  });

  test("is given nothing larger than its Maximum Packet Size: that is parked", async () => {
    await using one = await Case.open();
    // 4,096 bytes.
    one.broker.properties = [0x27, 0, 0, 0x10, 0];
    const uplink = one.uplink();
    await one.rig.sell(SALES);
    const large = await one.rig.ledger.append({ kind: "transaction", body: { text: "x".repeat(5_000) } });
    const books = await one.settled();
    expect(uplink.counters()).toMatchObject({ recordsParked: 1, connects: 1 });
    expect(books.accounted).toMatchObject([{ why: "parked", from: large, to: large }]);
  });

  test("says how often it wants to hear of a quiet gateway", async () => {
    await using one = await Case.open();
    one.broker.properties = [0x13, 0, 1];
    const uplink = one.uplink();
    await waitUntil("it is asked in its own rhythm, not in the configured one", () => one.broker.pings >= 2);
    expect(uplink.counters()["connects"]).toBe(1);
  });

  test("may give a name and advice with its consent", async () => {
    await using one = await Case.open();
    one.broker.properties = [...text(0x12, "gw-by-broker"), ...text(0x1f, "welcome"), 0x26, 0, 1, 97, 0, 1, 98];
    one.uplink();
    await one.rig.sell(SALES);
    await one.settled();
  });

  test("that takes no QoS 1 is refused in clear words, and sent nothing", async () => {
    await using one = await Case.open();
    one.broker.properties = [0x24, 0];
    const uplink = one.uplink();
    await one.rig.sell(SALES);
    const error = await waitUntil("it is refused", () => uplink.state().lastError);
    expect(error.reason).toBe("the broker takes QoS 0 only and so would lose records: let it allow QoS 1");
    expect(one.broker.records).toBe(0);
    expect(uplink.state().connected).toBe(false);
  });
});
