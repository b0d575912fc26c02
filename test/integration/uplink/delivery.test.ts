import { describe, expect, test } from "vitest";
import { waitUntil } from "../../support/wait-until.ts";
import { ADDRESS, Rig } from "./rig.ts";

describe("records", () => {
  test("reach headquarters once each, and are confirmed when they are stored", async () => {
    await using rig = await Rig.start();
    rig.hq();
    const { uplink } = rig.uplink();
    await rig.sell(300, "till-1");
    await rig.sell(300, "till-2");
    const books = await rig.settled();
    expect(books).toMatchObject({ rows: 600, duplicates: 0, forks: 0, gaps: 0, chainBreaks: 0, damaged: 0 });
    expect(books.sums).toEqual([{ kind: "sale", outcome: "approved", currency: "CNY", count: 600, amount: 60_000 }]);
    expect(uplink.state()).toMatchObject({ connected: true, protocol: "5", hqOnline: true, unconfirmed: 0 });
  });

  test("go to records while the terminal has nothing older unconfirmed, else to replay", async () => {
    await using rig = await Rig.start();
    const observer = await rig.observer();
    rig.uplink();
    await rig.sell(2, "till-1");
    await rig.sell(1, "till-2");
    rig.hq();
    await rig.settled();
    await rig.sell(1, "till-1");
    await rig.settled();
    await waitUntil("the observer has heard all", () => observer.on("/transaction").length === 4);
    const base = "tillgate/v1/acme/shop-1/gw-1";
    const topics = observer.on("/transaction").map(({ topic, text }) => [topic, seqOf(text)]);
    expect(topics).toEqual([
      [`${base}/records/transaction`, 1],
      [`${base}/replay/transaction`, 2],
      [`${base}/records/transaction`, 3],
      [`${base}/records/transaction`, 4],
    ]);
  });

  test("carry content type, and the key as user properties where that is asked for", async () => {
    await using rig = await Rig.start();
    const observer = await rig.observer();
    rig.hq();
    rig.uplink({ userProperties: true });
    await rig.sell(1);
    const [record] = await waitUntil("it is heard", () => {
      const heard = observer.on("/records/transaction");
      return heard.length > 0 && heard;
    });
    expect(record?.properties).toMatchObject({
      contentType: "application/json",
      userProperties: { stream: rig.stream, seq: "1", kind: "transaction" },
    });
  });

  test("are not sent before headquarters is there", async () => {
    await using rig = await Rig.start();
    const observer = await rig.observer();
    const { uplink } = rig.uplink();
    await rig.sell(5);
    await waitUntil("the gateway is online", () => observer.on("/status").length > 0);
    await observer.say(`hq/${ADDRESS.tenant}/status`, JSON.stringify({ state: "offline", session: "old" }), true);
    expect(uplink.state()).toMatchObject({ connected: true, hqOnline: false, unconfirmed: 5 });
    expect(uplink.counters()).toMatchObject({ recordsSent: 0 });
    rig.hq();
    expect(await rig.settled()).toMatchObject({ rows: 5, duplicates: 0 });
  });
});

describe("after a restart", () => {
  test("everything beyond the mark is sent again, and counts once", async () => {
    await using rig = await Rig.start();
    const disk = { isSlow: true };
    rig.hq({ beforeCommit: () => (disk.isSlow ? "wait" : "commit") });
    const first = rig.uplink();
    await rig.sell(50);
    await waitUntil("the broker has all", () => first.uplink.counters()["recordsAcknowledged"] === 50);
    expect(await first.running.stop()).toBeUndefined();
    await rig.reopenLedger();
    expect(rig.ledger.mark()).toBe(0);
    const second = rig.uplink();
    await waitUntil("the broker has all again", () => second.uplink.counters()["recordsAcknowledged"] === 50);
    disk.isSlow = false;
    expect(await rig.settled()).toMatchObject({ rows: 50, duplicates: 50, forks: 0, gaps: 0 });
  });

  test("headquarters takes up its database, and the gateway learns what it holds", async () => {
    await using rig = await Rig.start();
    const first = rig.hq();
    const { uplink } = rig.uplink();
    await rig.sell(100);
    await rig.settled();
    expect(await first.running.stop()).toBeUndefined();
    await waitUntil("the gateway knows", () => !uplink.state().hqOnline);
    await rig.sell(20);
    const second = rig.hq();
    expect(await rig.settled()).toMatchObject({ rows: 120, gaps: 0, duplicates: 0 });
    expect(second.hq.figures()).toMatchObject({ stored: 20, chainBreaks: 0 });
  });
});

test("while a backlog drains slowly, news of another terminal does not stand behind it", async () => {
  await using rig = await Rig.start();
  await rig.sell(200, "till-1");
  const order: string[] = [];
  rig.hq({ onStored: ({ terminal = "" }) => order.push(terminal) });
  const { uplink } = rig.uplink({ ratePerS: 80, burst: 5 });
  await waitUntil("it drains", () => (uplink.counters()["recordsSent"] ?? 0) > 10);
  await rig.sell(1, "till-2");
  expect(await rig.settled()).toMatchObject({ rows: 201, duplicates: 0, gaps: 0 });
  expect(order.indexOf("till-2")).toBeLessThan(100);
});

describe("in broker mode", () => {
  test("a PUBACK confirms, but not when nobody was subscribed", async () => {
    await using rig = await Rig.start();
    const { uplink } = rig.uplink({ confirm: "broker" });
    await rig.sell(3);
    await waitUntil("the broker has said that nobody listens", () => (uplink.counters()["recordsRefused"] ?? 0) >= 3);
    expect(rig.ledger.mark()).toBe(0);
    const observer = await rig.observer();
    await waitUntil("all are confirmed", () => rig.ledger.mark() === 3);
    expect(new Set(observer.on("/transaction").map(({ text }) => seqOf(text)))).toEqual(new Set([1, 2, 3]));
  });
});

test("after a restart what may have been sent before goes to replay, and is no news a second time", async () => {
  await using rig = await Rig.start();
  const observer = await rig.observer();
  const disk = { isSlow: true };
  rig.hq({ beforeCommit: () => (disk.isSlow ? "wait" : "commit") });
  const first = rig.uplink();
  await rig.sell(1, "till-1");
  await waitUntil("the broker has it", () => first.uplink.counters()["recordsAcknowledged"] === 1);
  expect(await first.running.stop()).toBeUndefined();
  await rig.reopenLedger();
  rig.uplink();
  await waitUntil("it was sent again", () => observer.on("/replay/transaction").length === 1);
  await rig.sell(1, "till-2");
  disk.isSlow = false;
  await rig.settled();
  const topics = observer.on("/transaction").map(({ topic, text }) => [topic.split("/").at(-2), seqOf(text)]);
  expect(topics).toEqual([
    ["records", 1],
    ["replay", 1],
    ["records", 2],
  ]);
});

test("money that waits goes before alarms that wait", async () => {
  await using rig = await Rig.start();
  for (let n = 0; n < 700; n += 1) await rig.ledger.append({ kind: "link", body: { n } }, n < 699);
  await rig.sell(20);
  const order: string[] = [];
  rig.hq({ onStored: ({ kind }) => order.push(kind) });
  rig.uplink({ window: 10 });
  expect(await rig.settled()).toMatchObject({ rows: 720, duplicates: 0, gaps: 0 });
  expect(order.lastIndexOf("transaction")).toBeLessThan(40);
});

function seqOf(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return typeof value === "object" && value !== null && "seq" in value ? value.seq : undefined;
}
