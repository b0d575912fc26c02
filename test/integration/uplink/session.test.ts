import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { writeFile } from "node:fs/promises";
import { createServer as createTlsServer } from "node:tls";
import { systemClock } from "../../../src/runtime/clock.ts";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Secret } from "../../../src/runtime/secret.ts";
import { certificateAuthority } from "../../support/certificates.ts";
import {
  connack,
  CONNECT,
  PUBLISH,
  puback,
  published,
  ScriptedBroker,
  suback,
  SUBSCRIBE,
  urlOf,
} from "../../support/scripted-broker.ts";
import { passwordLines, tlsListener } from "../../support/mosquitto.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { Rig } from "./rig.ts";

/** CONNACK of MQTT 3.1.1 with return code 1, "unacceptable protocol version" (3.1.1, 3.2.2.3). */
const REFUSED_VERSION = Buffer.from([0x20, 0x02, 0x00, 0x01]);

/** Stands before a broker and lets only one version of MQTT in, as brokers do that know no other. */
class VersionFront implements AsyncDisposable {
  /** Protocol level of each CONNECT, in order of arrival. */
  readonly levels: number[] = [];
  allows = 4;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(port: number) {
    this.#server = createServer((client) => {
      this.#sockets.add(client);
      client.on("error", () => client.destroy());
      client.once("data", (connectPacket: Buffer) => {
        // Fixed header of two bytes (a short CONNECT), the name "MQTT" with its length, then the level (3.1.1, 3.1.2.2).
        const level = connectPacket.readUInt8(connectPacket.indexOf("MQTT") + 4);
        this.levels.push(level);
        if (level !== this.allows) {
          client.end(REFUSED_VERSION);
          return;
        }
        const broker = connect(port, "127.0.0.1");
        this.#sockets.add(broker);
        broker.on("error", () => client.destroy());
        broker.write(connectPacket);
        client.pipe(broker).pipe(client);
      });
    });
  }

  static async listen(port: number): Promise<VersionFront> {
    const front = new VersionFront(port);
    front.#server.listen(0, "127.0.0.1");
    await once(front.#server, "listening");
    return front;
  }

  get url(): string {
    return urlOf(this.#server);
  }

  dropAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.dropAll();
    await once(this.#server, "close");
  }
}

describe("the version of MQTT", () => {
  test("falls back to 3.1.1 at once when 5 is refused, and everything arrives", async () => {
    await using rig = await Rig.start();
    await using front = await VersionFront.listen(rig.broker.port);
    rig.hq();
    const { uplink } = rig.uplink({ url: front.url, timing: { retryFloorMs: 60_000, retryCeilingMs: 60_000 } });
    await rig.sell(50);
    expect(await rig.settled()).toMatchObject({ rows: 50, duplicates: 0 });
    expect(uplink.state()).toMatchObject({ connected: true, protocol: "3.1.1" });
    expect(front.levels).toEqual([5, 4]);
  });

  test("is remembered for the next connection, until that is refused in its turn", async () => {
    await using rig = await Rig.start();
    await using front = await VersionFront.listen(rig.broker.port);
    const { uplink } = rig.uplink({ url: front.url });
    await waitUntil("it is connected", () => uplink.state().connected);
    front.dropAll();
    await waitUntil("it is back", () => front.levels.length === 3 && uplink.state().connected);
    front.allows = 5;
    front.dropAll();
    await waitUntil("it is back with 5", () => uplink.state().protocol === "5");
    expect(front.levels).toEqual([5, 4, 4, 4, 5]);
  });

  test("is not changed where the config names it", async () => {
    await using rig = await Rig.start();
    await using front = await VersionFront.listen(rig.broker.port);
    const { uplink } = rig.uplink({ url: front.url, protocol: "5", timing: { refusedRetryMs: 50 } });
    await waitUntil("it is refused again and again", () => front.levels.length >= 3);
    expect(new Set(front.levels)).toEqual(new Set([5]));
    expect(uplink.state().lastError).toMatchObject({ kind: "version" });
  });
});

describe("a broker that refuses who we are", () => {
  test("is asked again slowly, and people are told loudly", async () => {
    await using directory = await tempDir();
    await using rig = await Rig.start(await passwordLines(directory.path, "gw-1", "right"));
    const startedAt = performance.now();
    const { uplink } = rig.uplink({ username: "gw-1", password: new Secret("wrong") });
    const error = await waitUntil("it is refused", () => uplink.state().lastError);
    expect(error.kind).toBe("identity");
    expect(error.reason).toContain("does not authorise");
    expect(rig.lines.filter(({ level }) => level === "error").map(({ event }) => event)).toEqual(["uplink.refused"]);
    // An ordinary failure would have been tried again within 250 ms, many times by now.
    await waitUntil("time passes", () => performance.now() > startedAt + 1_500);
    expect(uplink.counters()).toMatchObject({ connects: 0, connectionFailures: 1 });
    expect(JSON.stringify(rig.lines)).not.toContain("wrong");
  });

  test("is not given up, and works as soon as it agrees", async () => {
    await using directory = await tempDir();
    const lines = await passwordLines(directory.path, "gw-1", "right");
    await using rig = await Rig.start(lines);
    const { uplink } = rig.uplink({
      username: "gw-1",
      password: new Secret("later"),
      timing: { refusedRetryMs: 100 },
    });
    await waitUntil("it is refused", () => uplink.state().lastError);
    await passwordLines(directory.path, "gw-1", "later");
    await rig.broker.restart();
    await waitUntil("it is let in", () => uplink.state().connected);
  });

  test("for a topic that we must hear is a refusal like any other", async () => {
    await using rig = await Rig.start();
    await using stern = await ScriptedBroker.listen(({ type, body, say }) => {
      if (type === CONNECT) say(connack());
      // Not authorised (MQTT 5, 3.9.3).
      if (type === SUBSCRIBE) say(suback(body, 0x87, 0x87));
    });
    const { uplink } = rig.uplink({ url: stern.url });
    const error = await waitUntil("it is refused", () => uplink.state().lastError);
    expect(error.kind).toBe("identity");
    expect(error.reason).toContain("hq/acme/status");
  });
});

test("a broker that takes two messages at once never gets a third", async () => {
  await using rig = await Rig.start();
  let underWay = 0;
  let most = 0;
  await using slow = await ScriptedBroker.listen(({ type, body, say }) => {
    // Receive Maximum 2 (MQTT 5, 3.2.2.3.3).
    if (type === CONNECT) say(connack(0x21, 0, 2));
    if (type === SUBSCRIBE) say(suback(body, 1, 1));
    if (type !== PUBLISH) return;
    underWay += 1;
    most = Math.max(most, underWay);
    setTimeout(() => {
      underWay -= 1;
      say(puback(published(body).id));
    }, 5);
  });
  const { running } = rig.uplink({ url: slow.url, confirm: "broker" });
  await rig.sell(30);
  await waitUntil("all are taken", () => rig.ledger.mark() === 30);
  expect(await running.stop()).toBeUndefined();
  expect(most).toBe(2);
});

describe("a record that the broker refuses", () => {
  test("is offered again until it is taken, and the rest waits for it", async () => {
    await using directory = await tempDir();
    const acl = join(directory.path, "acl");
    const may = ["topic read #", "topic write tillgate/v1/acme/shop-1/gw-1/status", "topic write hq/#"];
    await writeFile(acl, `${may.join("\n")}\n`);
    await using rig = await Rig.start([`acl_file ${acl}`]);
    rig.hq();
    const { uplink } = rig.uplink({ window: 1 });
    await rig.sell(3);
    await waitUntil("it is refused twice", () => (uplink.counters()["recordsRefused"] ?? 0) >= 2);
    expect(rig.lines).toContainEqual({
      level: "warn",
      event: "uplink.record-refused",
      fields: { seq: 1, code: "0x87", refusals: 1 },
    });
    expect(uplink.counters()).toMatchObject({ connects: 1 });
    await writeFile(acl, "topic readwrite #\n");
    rig.broker.reload();
    expect(await rig.settled()).toMatchObject({ rows: 3, gaps: 0 });
  });
});

describe("TLS", () => {
  test("checks the broker, shows a client certificate, and carries records", async () => {
    await using directory = await tempDir();
    const authority = await certificateAuthority(directory.path);
    const listener = await tlsListener(directory.path, authority);
    await using rig = await Rig.start(listener.lines);
    rig.hq();
    const { cert, key } = await authority.issue({ commonName: "gw-1" });
    const { uplink } = rig.uplink({ url: listener.url, tls: { ca: authority.cert, cert, key: new Secret(key) } });
    await rig.sell(200);
    expect(await rig.settled()).toMatchObject({ rows: 200 });
    expect(uplink.state()).toMatchObject({ connected: true, protocol: "5" });
  });

  test("with a broker of another authority is refused by us, slowly and loudly", async () => {
    await using directory = await tempDir();
    const listener = await tlsListener(directory.path, await certificateAuthority(directory.path));
    const stranger = await certificateAuthority(directory.path, "another authority");
    await using rig = await Rig.start(listener.lines);
    const { uplink } = rig.uplink({ url: listener.url, tls: { ca: stranger.cert } });
    const error = await waitUntil("it is refused", () => uplink.state().lastError);
    expect(error.kind).toBe("identity");
    expect(error.reason).toContain("TLS: ");
  });

  test("needs the name that the config gives", async () => {
    await using directory = await tempDir();
    const authority = await certificateAuthority(directory.path);
    const listener = await tlsListener(directory.path, authority);
    await using rig = await Rig.start(listener.lines);
    const { cert, key } = await authority.issue({ commonName: "gw-1" });
    const tls = { ca: authority.cert, cert, key: new Secret(key), servername: "broker.example" };
    const { uplink } = rig.uplink({ url: listener.url, tls });
    const error = await waitUntil("it is refused", () => uplink.state().lastError);
    expect(error.kind).toBe("identity");
    expect(error.reason).toContain("broker.example");
  });

  test.each([
    [false, "clock", "clock, not certificate"],
    [true, "identity", "certificate has expired"],
  ] as const)("out of its time, by a clock that is synchronised (%s), blames the %s", async (synced, kind, words) => {
    await using directory = await tempDir();
    const authority = await certificateAuthority(directory.path);
    const { cert, key } = await authority.issue({ commonName: "broker", days: 0 });
    const server = createTlsServer({ cert, key }).listen(0, "127.0.0.1");
    await once(server, "listening");
    await using rig = await Rig.start();
    const real = systemClock();
    const clock = { ...real, stamp: () => ({ ...real.stamp(), synced }) };
    const url = urlOf(server).replace("mqtt:", "mqtts:");
    const { uplink } = rig.uplink({ url, tls: { ca: authority.cert } }, { clock });
    const error = await waitUntil("it is refused", () => uplink.state().lastError);
    expect(error.kind).toBe(kind);
    expect(error.reason).toContain(words);
    expect(rig.lines.find(({ event }) => event === "uplink.refused")).toMatchObject({ level: "error" });
    server.close();
  });

  test("without the client certificate that the broker wants is a refusal too", async () => {
    await using directory = await tempDir();
    const authority = await certificateAuthority(directory.path);
    const listener = await tlsListener(directory.path, authority);
    await using rig = await Rig.start(listener.lines);
    const { uplink } = rig.uplink({ url: listener.url, tls: { ca: authority.cert } });
    const error = await waitUntil("it is refused", () => uplink.state().lastError);
    expect(error.kind).toBe("identity");
    expect(error.reason).toContain("certificate required");
  });

  test("with files that hold no certificate says so, and does not end the daemon", async () => {
    await using rig = await Rig.start();
    const { uplink, running } = rig.uplink({
      url: "mqtts://127.0.0.1:1",
      tls: { ca: "x", cert: "no", key: new Secret("no") },
    });
    const error = await waitUntil("it is refused", () => uplink.state().lastError);
    expect(error).toMatchObject({ kind: "identity" });
    expect(running.isOver).toBe(false);
  });
});
