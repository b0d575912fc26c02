import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { gatewayStatusSchema } from "../../../src/contract/gateway-status.ts";
import type { Clock } from "../../../src/runtime/clock.ts";
import { systemClock } from "../../../src/runtime/clock.ts";
import type { RecordDraft } from "../../../src/domain/record.ts";
import { terminalId } from "../../../src/domain/terminal.ts";
import { bootId } from "../../../src/domain/clock.ts";
import type { RetainedState } from "../../../src/uplink/retained-state.ts";
import {
  connack,
  CONNECT,
  PUBLISH,
  puback,
  publish,
  published,
  ScriptedBroker,
  suback,
  SUBSCRIBE,
} from "../../support/scripted-broker.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { Rig } from "./rig.ts";

const BASE = "tillgate/v1/acme/shop-1/gw-1";

function statusOf(text: string) {
  return gatewayStatusSchema.parse(JSON.parse(text));
}

describe("the echo", () => {
  test("goes to the broker and back, and tells how long that takes", async () => {
    await using rig = await Rig.start();
    const observer = await rig.observer();
    const { uplink } = rig.uplink({ timing: { echoEveryMs: 100 } });
    const first = await waitUntil("an echo has come back", () => uplink.state().echoMs);
    expect(first).toBeGreaterThan(0);
    await waitUntil("it is said again", () => observer.on("/echo").length >= 3);
    expect(observer.on("/echo").map(({ text }) => text.slice(-6))).toContain('"n":2}');
    expect(observer.on("/echo").every(({ retained }) => !retained)).toBe(true);
    expect(uplink.state()).toMatchObject({ connected: true, answers: true });
    expect(uplink.counters()).toMatchObject({ connects: 1, messagesIgnored: 0 });
  });

  test("that stops coming back ends a session in which everything else is still acknowledged", async () => {
    await using rig = await Rig.start();
    await using takesOnly = await ScriptedBroker.listen(({ type, body, say, connection }) => {
      if (type === CONNECT) say(connack());
      if (type === SUBSCRIBE) say(suback(body, 1, 1));
      if (type !== PUBLISH) return;
      const { topic, id, payload } = published(body);
      say(puback(id));
      const isFirst = payload.toString().endsWith('"n":1}');
      if (topic === `${BASE}/echo` && (connection > 1 || isFirst)) say(publish(topic, payload));
    });
    const { uplink } = rig.uplink({ url: takesOnly.url, timing: { echoEveryMs: 150 } });
    await waitUntil("the session is renewed", () => uplink.counters()["connects"] === 2);
    expect(uplink.state().lastError?.reason).toBe("nothing came back from the broker for 300 ms");
    await waitUntil("it carries again", () => uplink.state().echoMs !== undefined);
  });

  test.each(["5", "3.1.1"] as const)("costs no session where access rules forbid it (MQTT %s)", async (protocol) => {
    await using directory = await tempDir();
    const acl = join(directory.path, "acl");
    await writeFile(acl, `topic readwrite #\ntopic deny ${BASE}/echo\n`);
    await using rig = await Rig.start([`acl_file ${acl}`]);
    rig.hq();
    const { uplink } = rig.uplink({ protocol, timing: { echoEveryMs: 50 } });
    const warned = await waitUntil("it is said what is missing", () =>
      rig.lines.find(({ event }) => event === "uplink.no-echo" || event === "uplink.hears-not-itself"),
    );
    expect(warned).toMatchObject({ level: "warn" });
    expect(String(warned.fields["accessRule"])).toContain(`${BASE}/echo`);
    const { echoesSent = 0 } = uplink.counters();
    await rig.sell(5);
    expect(await rig.settled()).toMatchObject({ rows: 5 });
    expect(uplink.counters()).toMatchObject({ connects: 1, connectionFailures: 0 });
    expect(uplink.state()).toMatchObject({ connected: true, answers: true });
    expect(echoesSent).toBeLessThan(50);
  });

  test("is done without where the broker refuses the subscription", async () => {
    await using rig = await Rig.start();
    await using stern = await ScriptedBroker.listen(({ type, body, say }) => {
      if (type === CONNECT) say(connack());
      if (type === SUBSCRIBE) say(suback(body, ...(body.includes("/echo") ? [1, 0x87] : [1, 1])));
      if (type === PUBLISH) say(puback(published(body).id));
    });
    const { uplink } = rig.uplink({ url: stern.url, confirm: "broker", timing: { echoEveryMs: 50 } });
    await rig.sell(3);
    await waitUntil("records go", () => rig.ledger.mark() === 3);
    expect(rig.lines.filter(({ event }) => event === "uplink.hears-not-itself")).toHaveLength(1);
    expect(uplink.counters()).toMatchObject({ connects: 1, echoesSent: 0 });
  });

  test.each(["silence", "closing"] as const)(
    "is done without where the broker answers the subscription with %s",
    async (answer) => {
      await using rig = await Rig.start();
      await using odd = await ScriptedBroker.listen(({ type, body, say, close }) => {
        if (type === CONNECT) say(connack());
        if (type === SUBSCRIBE && !body.includes("/echo")) say(suback(body, 1, 1));
        if (type === SUBSCRIBE && body.includes("/echo") && answer === "closing") close();
        if (type === PUBLISH) say(puback(published(body).id));
      });
      const { uplink } = rig.uplink({ url: odd.url, confirm: "broker", pubackDeadlineMs: 300 });
      await rig.sell(3);
      await waitUntil("records go", () => rig.ledger.mark() === 3);
      expect(uplink.state()).toMatchObject({ connected: true });
    },
  );

  test("is done without where the broker closes for being told one", async () => {
    await using rig = await Rig.start();
    await using punishing = await ScriptedBroker.listen(({ type, body, say, close }) => {
      if (type === CONNECT) say(connack());
      if (type === SUBSCRIBE) say(suback(body, 1, 1));
      if (type !== PUBLISH) return;
      const { topic, id } = published(body);
      if (topic.endsWith("/echo")) close();
      else say(puback(id));
    });
    const { uplink } = rig.uplink({ url: punishing.url, confirm: "broker" });
    await waitUntil("it has learnt", () => rig.lines.some(({ event }) => event === "uplink.no-echo"));
    await rig.sell(3);
    await waitUntil("records go", () => rig.ledger.mark() === 3);
    expect(uplink.counters()).toMatchObject({ echoesSent: 2 });
  });
});

test("a session in which nothing is acknowledged any more does not count as connected, though it is not given up yet", async () => {
  await using rig = await Rig.start();
  let takes = true;
  await using hesitant = await ScriptedBroker.listen(({ type, body, say }) => {
    if (type === CONNECT) say(connack());
    if (type === SUBSCRIBE) say(suback(body, 1, 1));
    if (type === PUBLISH && takes) say(puback(published(body).id));
  });
  const state: RetainedState = { topic: "health", repeatEveryMs: 50, current: () => "{}", fingerprint: () => "" };
  const { uplink } = rig.uplink(
    { url: hesitant.url, pubackDeadlineMs: 2_000, timing: { provenForMs: 1_500, stateLookMs: 20 } },
    { states: [state] },
  );
  const later = performance.now() + 3_000;
  await waitUntil(
    "it counts for longer than one answer would",
    () => performance.now() > later && uplink.state().answers,
  );
  takes = false;
  await waitUntil("it does not count any more", () => uplink.state().connected && !uplink.state().answers);
});

describe("states", () => {
  test("stand retained from the birth on, and anew at each change and after a while", async () => {
    await using rig = await Rig.start();
    const observer = await rig.observer();
    let level = "calm";
    const state: RetainedState = {
      topic: "exposure",
      repeatEveryMs: 600_000,
      current: () => JSON.stringify({ level }),
      fingerprint: () => level,
    };
    const often: RetainedState = { ...state, topic: "health", repeatEveryMs: 100, current: () => "{}" };
    rig.uplink({ timing: { stateLookMs: 20 } }, { states: [state, often] });
    await waitUntil("the first stands there", () => observer.on("/exposure").length === 1);
    await waitUntil("it is repeated", () => observer.on("/health").length >= 4);
    expect(observer.on("/exposure"), "nothing has changed").toHaveLength(1);
    expect(observer.heard.findIndex(({ topic }) => topic.endsWith("/status"))).toBeLessThan(
      observer.heard.findIndex(({ topic }) => topic.endsWith("/exposure")),
    );
    level = "storm";
    await waitUntil("the change is told", () => observer.on("/exposure").length === 2);
    const later = await rig.observer();
    const kept = await waitUntil("what is retained", () => later.on("/exposure")[0]);
    expect(kept).toMatchObject({ text: '{"level":"storm"}', retained: true });
  });

  test("without a text are taken away from the broker", async () => {
    await using rig = await Rig.start();
    const topic = `terminals/${terminalId("till-1")}` as const;
    const there: RetainedState = { topic, repeatEveryMs: 600_000, current: () => "{}", fingerprint: () => "" };
    const { running } = rig.uplink({ timing: { stateLookMs: 20 } }, { states: [there] });
    const observer = await rig.observer();
    await waitUntil("it stands there", () => observer.on("/terminals/till-1").length === 1);
    await running.stop();
    const gone: RetainedState = { ...there, repeatEveryMs: Number.POSITIVE_INFINITY, current: () => "" };
    rig.uplink({ timing: { stateLookMs: 20 } }, { states: [gone] });
    await waitUntil("it is taken away", () => observer.on("/terminals/till-1").at(-1)?.text === "");
    const later = await rig.observer();
    await waitUntil("the status is told", () => later.on("/status").length > 0);
    expect(later.on("/terminals/till-1")).toEqual([]);
    expect(observer.on("/terminals/till-1")).toHaveLength(2);
  });

  test("that cannot be told, are too large or are refused do not end the line for the rest", async () => {
    await using directory = await tempDir();
    const acl = join(directory.path, "acl");
    await writeFile(acl, `topic readwrite #\ntopic deny ${BASE}/health\n`);
    await using rig = await Rig.start([`acl_file ${acl}`, "max_packet_size 2000"]);
    rig.hq();
    const broken: RetainedState = {
      topic: "exposure",
      repeatEveryMs: 50,
      current: () => {
        throw new Error("a bug");
      },
      fingerprint: () => "",
    };
    const large: RetainedState = { ...broken, current: () => "x".repeat(3_000) };
    const refused: RetainedState = { ...broken, topic: "health", current: () => "{}" };
    const { uplink } = rig.uplink({ timing: { stateLookMs: 20 } }, { states: [broken, large, refused] });
    const said = ["uplink.state-failed", "uplink.state-too-large", "uplink.state-refused"];
    await waitUntil("each is told", () => said.every((event) => rig.lines.some((line) => line.event === event)));
    await waitUntil("it goes on", () => (uplink.counters()["statesRefused"] ?? 0) >= 3);
    await rig.sell(3);
    expect(await rig.settled()).toMatchObject({ rows: 3 });
    expect(rig.lines.filter(({ event }) => said.includes(event))).toHaveLength(3);
    expect(uplink.counters()).toMatchObject({ connects: 1 });
  });
});

describe("the chain's head", () => {
  test("stands in the status, follows the ledger, and is the last word at a stop", async () => {
    await using rig = await Rig.start();
    await rig.sell(3);
    const atBirth = await rig.ledger.head();
    const observer = await rig.observer();
    const { running } = rig.uplink({ timing: { statusRepeatMs: 50 } });
    const [birth] = await waitUntil("the birth", () => observer.on("/status").length > 0 && observer.on("/status"));
    expect(statusOf(birth?.text ?? "")).toMatchObject({ state: "online", head: atBirth });
    await rig.sell(2);
    const head = await rig.ledger.head();
    const last = (): string => observer.on("/status").at(-1)?.text ?? "";
    await waitUntil("the status has followed", () => last().includes(head.hash));
    expect(statusOf(last())).toMatchObject({ state: "online", head: { seq: 5, hash: head.hash } });
    const said = observer.on("/status").length;
    await observer.say("marker", "1");
    await waitUntil("time passes", () => observer.on("marker").length > 0);
    expect(observer.on("/status").length, "a chain that stands still is not repeated").toBeLessThanOrEqual(said + 1);
    await running.stop();
    await waitUntil("the goodbye", () => last().includes("stopping"));
    expect(statusOf(last())).toMatchObject({ state: "stopping", head: { seq: 5, hash: head.hash } });
  });
});

/** Of another machine: a copied card, booted there. */
function elsewhere(): Clock {
  const clock = systemClock();
  const boot = bootId(crypto.randomUUID());
  return { ...clock, stamp: () => ({ ...clock.stamp(), bootId: boot }) };
}

describe("another gateway with this one's identity", () => {
  test("is alarmed about once and given way to, where the broker says so", async () => {
    await using rig = await Rig.start();
    const records: RecordDraft[] = [];
    const record = async (draft: RecordDraft): Promise<void> => void records.push(draft);
    await using frank = await ScriptedBroker.listen(({ type, body, say }) => {
      if (type === CONNECT) say(connack());
      if (type === SUBSCRIBE) say(suback(body, 1, 1));
      // DISCONNECT, "session taken over" (MQTT 5, 3.14.2.1).
      if (type === PUBLISH) say(Buffer.from([0xe0, 1, 0x8e]));
    });
    const { uplink } = rig.uplink({ url: frank.url }, { record });
    await waitUntil("it is noticed", () => uplink.state().identityShared);
    expect(uplink.state().lastError).toMatchObject({ kind: "takenOver" });
    await waitUntil("it is recorded", () => records.length > 0);
    expect(records).toEqual([{ kind: "link", body: { event: "identityShared", evidence: "takenOver" } }]);
    expect(rig.lines.filter(({ event }) => event === "uplink.identity-shared")).toMatchObject([{ level: "error" }]);
    // An ordinary loss would have been mended within 250 ms; here nobody comes back for a minute.
    const { connects } = uplink.counters();
    const later = performance.now() + 1_500;
    await waitUntil("time passes", () => performance.now() > later);
    expect(uplink.counters()).toMatchObject({ connects, identityAlarms: 1 });
  });

  // mosquitto 2.0.11 says nothing to whom it throws out, in either version.
  test.each(["5", "3.1.1"] as const)("is seen by its session on our status topic (MQTT %s)", async (protocol) => {
    await using rig = await Rig.start();
    const records: RecordDraft[] = [];
    const record = async (draft: RecordDraft): Promise<void> => void records.push(draft);
    const { uplink } = rig.uplink({ protocol }, { record });
    await waitUntil("it is connected", () => uplink.state().connected);
    rig.uplink({ protocol }, { clock: elsewhere() });
    await waitUntil("it is noticed", () => uplink.state().identityShared);
    await waitUntil("it is recorded", () => records.length > 0);
    expect(records[0]?.body).toMatchObject({ event: "identityShared", evidence: "foreignSession" });
    const { connects = 0 } = uplink.counters();
    const later = performance.now() + 1_500;
    await waitUntil("time passes", () => performance.now() > later);
    // Noticed when it had pushed the other one out; from then on it gives way.
    expect(uplink.counters()["connects"]).toBeLessThanOrEqual(connects + 1);
    expect(records).toHaveLength(1);
  });

  test("is not seen in a gateway that is killed and started again", async () => {
    await using rig = await Rig.start();
    for (let life = 0; life < 3; life += 1) {
      const { uplink, running } = rig.uplink({}, { clock: elsewhere() });
      await waitUntil("it is connected", () => uplink.state().connected);
      await rig.broker.kill();
      await rig.broker.restart();
      await waitUntil("it is back", () => uplink.counters()["connects"] === 2 && uplink.state().connected);
      expect(uplink.state().identityShared).toBe(false);
      await running.stop();
    }
    expect(rig.lines.filter(({ event }) => event === "uplink.identity-shared")).toEqual([]);
  });
});

describe("the first connection", () => {
  test.each([
    [5_000, [5_000]],
    [3_600_000, []],
  ])("of a machine that booted %i ms ago waits %j ms", async (upMs, waits) => {
    await using rig = await Rig.start();
    const real = systemClock();
    const slept: number[] = [];
    const clock: Clock = {
      ...real,
      monotonicMs: () => upMs,
      sleep: async (ms, signal) => {
        slept.push(ms);
        await real.sleep(Math.min(ms, 1), signal);
      },
    };
    const { uplink } = rig.uplink({}, { clock, random: () => 0.5 });
    await waitUntil("it is connected", () => uplink.state().connected);
    expect(slept.filter((ms) => ms === 5_000)).toEqual(waits);
  });
});
