import { describe, expect, test } from "vitest";
import { gatewayStatusSchema } from "../../../src/contract/gateway-status.ts";
import { startWeather } from "../../../src/sim/weather/weather.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { ADDRESS, Rig } from "./rig.ts";

const STATUS = `tillgate/v1/${ADDRESS.tenant}/${ADDRESS.site}/${ADDRESS.gateway}/status`;

describe("nothing is lost and nothing counts twice", () => {
  test("when the broker is killed and comes back, again and again, during traffic", async () => {
    await using rig = await Rig.start();
    const { running: hq } = rig.hq();
    const { uplink } = rig.uplink();
    for (let round = 0; round < 4; round += 1) {
      const selling = rig.sell(2_000, `till-${round}`);
      await waitUntil("some are on their way", () => (uplink.counters()["recordsSent"] ?? 0) > round * 2_000 + 50);
      await rig.broker.kill();
      await selling;
      await rig.broker.restart();
    }
    const books = await rig.settled();
    expect(books).toMatchObject({ rows: 8_000, forks: 0, gaps: 0, chainBreaks: 0, damaged: 0 });
    expect(uplink.counters()["connects"]).toBeGreaterThan(4);
    expect(await hq.stop()).toBeUndefined();
  });

  test("when the line goes dead without a word, and later comes back", async () => {
    await using rig = await Rig.start();
    await using line = await startWeather({ target: { host: "127.0.0.1", port: rig.broker.port } });
    rig.hq();
    const { uplink } = rig.uplink({
      url: `mqtt://127.0.0.1:${line.port}`,
      pubackDeadlineMs: 1_000,
      connectTimeoutMs: 1_000,
    });
    await rig.sell(10);
    await rig.settled();
    await line.set({ kind: "blackHole" });
    await rig.sell(200);
    await waitUntil("the silence is noticed", () => !uplink.state().connected);
    expect(uplink.state().lastError?.reason).toBe("the broker acknowledged nothing for 1000 ms");
    await line.set({ kind: "clear" });
    expect(await rig.settled()).toMatchObject({ rows: 210, forks: 0, gaps: 0 });
  });

  test("when the line only carries one way", async () => {
    await using rig = await Rig.start();
    await using line = await startWeather({ target: { host: "127.0.0.1", port: rig.broker.port } });
    rig.hq();
    const { uplink } = rig.uplink({ url: `mqtt://127.0.0.1:${line.port}`, pubackDeadlineMs: 1_000 });
    await rig.sell(10);
    await rig.settled();
    await line.set({ kind: "halfOpen", dead: "toClient" });
    await rig.sell(100);
    await waitUntil("the silence is noticed", () => !uplink.state().connected);
    await line.set({ kind: "clear" });
    expect(await rig.settled()).toMatchObject({ rows: 110, forks: 0, gaps: 0 });
  });

  test("when a quiet line goes dead, which only the keepalive can notice", async () => {
    await using rig = await Rig.start();
    await using line = await startWeather({ target: { host: "127.0.0.1", port: rig.broker.port } });
    rig.hq();
    const { uplink } = rig.uplink({ url: `mqtt://127.0.0.1:${line.port}`, keepaliveS: 1, connectTimeoutMs: 1_000 });
    await waitUntil("it is connected", () => uplink.state().hqOnline);
    await line.set({ kind: "blackHole" });
    await waitUntil("the silence is noticed", () => !uplink.state().connected);
    await line.set({ kind: "clear" });
    await rig.sell(1);
    expect(await rig.settled()).toMatchObject({ rows: 1 });
  });

  test("when the line cuts messages in the middle", async () => {
    await using rig = await Rig.start();
    await using line = await startWeather({ target: { host: "127.0.0.1", port: rig.broker.port } });
    rig.hq();
    rig.uplink({ url: `mqtt://127.0.0.1:${line.port}` });
    await rig.sell(10);
    await rig.settled();
    for (const towards of ["toTarget", "toClient", "toTarget"] as const) {
      await line.set({ kind: "closeMidMessage", towards });
      const before = line.traffic().accepted;
      await rig.sell(300);
      await waitUntil("it was cut", () => line.traffic().accepted > before);
      await line.set({ kind: "clear" });
    }
    expect(await rig.settled()).toMatchObject({ rows: 910, forks: 0, gaps: 0, damaged: 0 });
  });

  test("when headquarters crashes after it was handed records and before it has stored them", async () => {
    await using rig = await Rig.start();
    const crashing = rig.hq({ beforeCommit: (records) => (records >= 20 ? "crash" : "commit") });
    const { uplink } = rig.uplink();
    await rig.sell(500);
    await waitUntil("it has crashed", () => crashing.running.isOver);
    expect(String(await crashing.running.stop())).toMatch(/crashed before \d+ records were stored/);
    await waitUntil("the broker has published its will", () => !uplink.state().hqOnline);
    rig.hq();
    expect(await rig.settled()).toMatchObject({ rows: 500, forks: 0, gaps: 0, chainBreaks: 0 });
  });

  test("when the broker throws records away between the gateway and headquarters", async () => {
    // Beyond 20 on their way to headquarters and one that waits, messages are dropped although they were acknowledged.
    await using rig = await Rig.start(["max_queued_messages 1", "max_inflight_messages 20"]);
    await using line = await startWeather({
      target: { host: "127.0.0.1", port: rig.broker.port },
      conditions: { kind: "slow", latencyMs: 20 },
    });
    rig.hq({ url: `mqtt://127.0.0.1:${line.port}`, protocol: "3.1.1" });
    const { uplink } = rig.uplink({ receiptDeadlineMs: 1_000, timing: { missingGraceMs: 300 } });
    await rig.sell(120);
    expect(await rig.settled()).toMatchObject({ rows: 120, forks: 0, gaps: 0 });
    const { recordsMissing = 0, deliveryRestarts = 0 } = uplink.counters();
    expect(recordsMissing + deliveryRestarts).toBeGreaterThan(0);
  });

  test("when headquarters loses its line for a while", async () => {
    await using rig = await Rig.start();
    await using line = await startWeather({ target: { host: "127.0.0.1", port: rig.broker.port } });
    rig.hq({ url: `mqtt://127.0.0.1:${line.port}` });
    const { uplink } = rig.uplink();
    await rig.sell(10);
    await rig.settled();
    await line.set({ kind: "cut" });
    await waitUntil("the gateway knows", () => !uplink.state().hqOnline);
    await rig.sell(100);
    await line.set({ kind: "clear" });
    expect(await rig.settled()).toMatchObject({ rows: 110, forks: 0, gaps: 0 });
  });
});

describe("status", () => {
  test("is a birth and a will with the same session, both retained", async () => {
    await using rig = await Rig.start();
    await using line = await startWeather({ target: { host: "127.0.0.1", port: rig.broker.port } });
    const { uplink } = rig.uplink({ url: `mqtt://127.0.0.1:${line.port}` });
    const early = await rig.observer();
    const [birth] = await waitUntil("the birth", () => early.on("/status").length > 0 && early.on("/status"));
    const { at, session, ...status } = gatewayStatusSchema.options[0].parse(JSON.parse(birth?.text ?? ""));
    const head = { seq: 0, hash: "0".repeat(64) };
    expect(status).toEqual({ state: "online", stream: rig.stream, version: "0.0.0-test", head });
    expect(session).toMatch(/^[0-9a-f-]{36}-\d+$/);
    expect(Date.parse(at)).toBeGreaterThan(0);
    await line.set({ kind: "cut" });
    const late = await waitUntil("the will", () => early.on("/status").find(({ text }) => text.includes("offline")));
    expect(sessionOf(late.text)).toBe(session);
    const later = await rig.observer();
    const kept = await waitUntil("what is retained", () => later.heard.find(({ topic }) => topic === STATUS));
    expect(kept).toMatchObject({ text: late.text, retained: true });

    await line.set({ kind: "clear" });
    await waitUntil("it is back", () => uplink.state().connected);
    const next = await waitUntil("the next birth", () =>
      early.on("/status").find((h) => h.text !== birth?.text && h.text.includes("online")),
    );
    expect(sessionOf(next.text)).not.toBe(session);
  });

  test("is `stopping` after a clean stop, and no will follows", async () => {
    await using rig = await Rig.start();
    const observer = await rig.observer();
    const { running } = rig.uplink();
    await waitUntil("the birth", () => observer.on("/status").length > 0);
    expect(await running.stop()).toBeUndefined();
    // Another word of ours, after which a will would have come.
    await observer.say("marker", "now");
    await waitUntil("the marker", () => observer.on("marker").length > 0);
    expect(observer.on("/status").map(({ text }) => stateOf(text))).toEqual(["online", "stopping"]);
  });
});

describe("what comes in", () => {
  test("is counted and ignored when it is not what it should be", async () => {
    await using rig = await Rig.start();
    rig.hq();
    const { uplink } = rig.uplink();
    await rig.sell(3);
    await rig.settled();
    const observer = await rig.observer();
    const receipts = STATUS.replace("/status", "/receipts");
    const garbage = [
      "",
      "{",
      "[]",
      '{"stream":"x"}',
      JSON.stringify({ stream: rig.stream, upTo: -1, missing: [] }),
      "y".repeat(20_000),
    ];
    for (const text of garbage) await observer.say(receipts, text);
    for (const text of ["null", '{"state":"gone","session":"x"}']) await observer.say("hq/acme/status", text);
    await waitUntil("all are counted", () => uplink.counters()["messagesIgnored"] === garbage.length + 2);
    await observer.say(receipts, JSON.stringify({ stream: crypto.randomUUID(), upTo: 3, missing: [] }));
    await observer.say(receipts, JSON.stringify({ stream: rig.stream, upTo: 9_999, missing: [] }));
    await waitUntil("they are counted", () => {
      const { receiptsForeign, receiptsBeyondHead } = uplink.counters();
      return receiptsForeign === 1 && receiptsBeyondHead === 1;
    });
    expect(rig.ledger.mark()).toBe(3);
    await rig.sell(1);
    expect(await rig.settled()).toMatchObject({ rows: 4 });
  });

  test("ends the connection when it is endless", async () => {
    await using rig = await Rig.start();
    const { uplink } = rig.uplink();
    await waitUntil("it is connected", () => uplink.state().connected);
    const observer = await rig.observer();
    // MQTT 5 tells the broker our limit, and it keeps to that.
    await observer.say(STATUS.replace("/status", "/receipts"), "z".repeat(200_000));
    const old = rig.uplink({ protocol: "3.1.1", clientId: "other" });
    await waitUntil("it is connected", () => old.uplink.state().connected);
    await observer.say(STATUS.replace("/status", "/receipts"), "z".repeat(200_000));
    const lost = await waitUntil("it is dropped", () => old.uplink.state().lastError);
    expect(lost.reason).toMatch(/the peer sent a packet of 2000\d\d bytes, at most 65536/);
    expect(uplink.counters()).toMatchObject({ connects: 1 });
  });

  test("a late will of headquarters' last session does not stop the present one", async () => {
    await using rig = await Rig.start();
    rig.hq();
    const { uplink } = rig.uplink();
    await waitUntil("headquarters is there", () => uplink.state().hqOnline);
    const observer = await rig.observer();
    await observer.say("hq/acme/status", JSON.stringify({ state: "offline", session: "an earlier one" }), true);
    const last = await waitUntil("headquarters has said otherwise", () => {
      const heard = observer.on("hq/acme/status").at(-1);
      return (
        heard !== undefined && stateOf(heard.text) === "online" && observer.on("hq/acme/status").length >= 3 && heard
      );
    });
    expect(last.text).toContain("online");
    expect(uplink.state().hqOnline).toBe(true);
    await rig.sell(1);
    await rig.settled();
  });
});

function sessionOf(text = ""): unknown {
  return member(text, "session");
}

function stateOf(text: string): unknown {
  return member(text, "state");
}

function member(text: string, name: string): unknown {
  const value: unknown = JSON.parse(text);
  return typeof value === "object" && value !== null ? new Map(Object.entries(value)).get(name) : undefined;
}
