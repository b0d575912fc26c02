import { connect } from "node:net";
import { expect, test } from "vitest";
import { systemClock } from "../../../src/runtime/clock.ts";
import { Connection } from "../../../src/uplink/connection.ts";
import { connack, CONNECT, PUBLISH, puback, published, ScriptedBroker } from "../../support/scripted-broker.ts";
import { waitUntil } from "../../support/wait-until.ts";

test("what goes ahead passes what waits for the broker, and each keeps its own order", async () => {
  const heard: string[] = [];
  const acknowledge: (() => void)[] = [];
  await using broker = await ScriptedBroker.listen(({ type, body, say }) => {
    // Receive Maximum 1 (MQTT 5, 3.2.2.3.3).
    if (type === CONNECT) say(connack(0x21, 0, 1));
    if (type !== PUBLISH) return;
    const { topic, id } = published(body);
    heard.push(topic);
    acknowledge.push(() => say(puback(id)));
  });
  const { port } = new URL(broker.url);
  const opened = await Connection.open(
    {
      dial: () => connect(Number(port), "127.0.0.1"),
      version: "5",
      clientId: "gw-1",
      keepaliveS: 30,
      connectTimeoutMs: 10_000,
      pubackDeadlineMs: 30_000,
      will: { topic: "will", payload: "" },
      onMessage: () => undefined,
    },
    systemClock(),
    new AbortController().signal,
  );
  if (!opened.ok) throw new Error(opened.failure.reason);
  const { connection } = opened;
  const say = (topic: string, precedence?: "ahead"): void => {
    const message = { topic, payload: "", retain: false, properties: Buffer.from([0]) };
    connection.publish(message, () => undefined, precedence);
  };
  for (const topic of ["record-1", "record-2", "record-3"]) say(topic);
  for (const topic of ["state-1", "state-2"]) say(topic, "ahead");
  for (let n = 1; n <= 5; n += 1) {
    await waitUntil(`message ${n} has come`, () => heard.length === n);
    acknowledge.shift()?.();
  }
  connection.drop();
  expect(heard).toEqual(["record-1", "state-1", "state-2", "record-2", "record-3"]);
});
