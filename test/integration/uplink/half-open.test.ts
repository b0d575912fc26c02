import { chmod, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { findMosquitto, freePort, Mosquitto } from "../../../src/sim/hq/mosquitto.ts";
import type { UplinkTls } from "../../../src/uplink/options.ts";
import { certificateAuthority } from "../../support/certificates.ts";
import { type ShopNamespace, shopNamespace } from "../../support/shop-namespace.ts";
import {
  connack,
  CONNECT,
  PUBLISH,
  puback,
  published,
  ScriptedBroker,
  suback,
  SUBSCRIBE,
} from "../../support/scripted-broker.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { Rig } from "./rig.ts";

/** ms. */
const PATIENCE = { connectTimeoutMs: 1_000, pubackDeadlineMs: 1_000, keepaliveS: 1 };

/** A broker at the other end of a cable, in a namespace of its own; headquarters has a port that nothing happens to. */
class FarBroker implements AsyncDisposable {
  readonly namespace: ShopNamespace;
  readonly ports: { readonly plain: number; readonly tls: number };
  readonly tls: UplinkTls;
  readonly hqUrl: string;
  readonly #opened: AsyncDisposableStack;

  private constructor(
    namespace: ShopNamespace,
    ports: { readonly plain: number; readonly tls: number; readonly hq: number },
    tls: UplinkTls,
    opened: AsyncDisposableStack,
  ) {
    this.namespace = namespace;
    this.ports = ports;
    this.tls = tls;
    this.hqUrl = `mqtt://${namespace.inside}:${ports.hq}`;
    this.#opened = opened;
  }

  static async start(): Promise<FarBroker> {
    await using undo = new AsyncDisposableStack();
    const directory = undo.use(await tempDir("tillgate-far-"));
    const namespace = undo.use(await shopNamespace());
    const ports = { plain: await freePort(), tls: await freePort(), hq: await freePort() };
    const authority = await certificateAuthority(directory.path);
    const { cert, key } = await authority.issue({ commonName: "broker", altNames: [`IP:${namespace.inside}`] });
    const files = { cafile: authority.cert, certfile: cert, keyfile: key };
    for (const [name, pem] of Object.entries(files)) await writeFile(directory.file(name), pem);
    const program = directory.file("mosquitto-inside");
    await writeFile(program, `#!/bin/sh\nexec ${namespace.prefix.join(" ")} ${findMosquitto() ?? "mosquitto"} "$@"\n`);
    await chmod(program, 0o755);
    const lines = [
      `listener ${ports.plain} ${namespace.inside}`,
      `listener ${ports.hq} ${namespace.inside}`,
      `listener ${ports.tls} ${namespace.inside}`,
      ...Object.keys(files).map((name) => `${name} ${directory.file(name)}`),
    ];
    undo.use(await Mosquitto.start(program, { directory: directory.file("broker"), lines }));
    return new FarBroker(namespace, ports, { ca: authority.cert }, undo.move());
  }

  url(scheme: "mqtt" | "mqtts"): string {
    return `${scheme}://${this.namespace.inside}:${scheme === "mqtt" ? this.ports.plain : this.ports.tls}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened[Symbol.asyncDispose]();
  }
}

describe("a cable that carries nothing any more, without a word (nftables in a network namespace)", () => {
  test.each([
    ["with nothing under way, both ways", 0, "tcp dport PORT drop"],
    ["with records under way, both ways", 3, "tcp dport PORT drop"],
    ["with records under way, towards us alone", 3, undefined],
  ] as const)("is noticed %s, and the session comes back with it", async (_when, sales, into) => {
    await using rig = await Rig.start();
    await using far = await FarBroker.start();
    rig.hq({ url: far.hqUrl });
    const { uplink } = rig.uplink({ url: far.url("mqtt"), ...PATIENCE });
    await rig.sell(3);
    await rig.settled();
    const { plain: port } = far.ports;
    if (into !== undefined) await far.namespace.rule("in", into.replace("PORT", String(port)));
    await far.namespace.rule("out", `tcp sport ${port} drop`);
    await rig.sell(sales);
    await waitUntil("the silence is noticed", () => !uplink.state().connected);
    expect(uplink.state().lastError?.reason).toMatch(/Keepalive|acknowledged nothing/);
    await far.namespace.clear();
    await rig.sell(3);
    expect(await rig.settled()).toMatchObject({ rows: 6 + sales, forks: 0, gaps: 0 });
  });

  test.each([
    ["before the first packet", "mqtt", "in", "tcp dport PORT drop", /connack timeout|ETIMEDOUT/],
    ["when CONNECT is on its way", "mqtt", "in", "tcp dport PORT tcp flags & psh == psh drop", /connack timeout/],
    ["during the TLS handshake", "mqtts", "out", "tcp sport PORT tcp flags & psh == psh drop", /connack timeout/],
    // The first byte of TCP's data, behind 32 bytes of header with its timestamps, is the packet's type.
    ["after SUBSCRIBE", "mqtt", "in", "tcp dport PORT @th,256,8 0x82 drop", /granted nothing for 1000 ms/],
  ] as const)(
    "%s: each attempt ends in time, and the first one after it works",
    async (_when, scheme, way, rule, reason) => {
      await using rig = await Rig.start();
      await using far = await FarBroker.start();
      rig.hq({ url: far.hqUrl });
      const port = scheme === "mqtt" ? far.ports.plain : far.ports.tls;
      await far.namespace.rule(way, rule.replace("PORT", String(port)));
      const { uplink } = rig.uplink({ url: far.url(scheme), tls: far.tls, ...PATIENCE });
      await rig.sell(3);
      await waitUntil("it was tried twice", () => (uplink.counters()["connectionFailures"] ?? 0) >= 2);
      expect(uplink.state().lastError?.reason).toMatch(reason);
      expect(rig.ledger.mark()).toBe(0);
      await far.namespace.clear();
      expect(await rig.settled()).toMatchObject({ rows: 3, forks: 0, gaps: 0 });
    },
  );
});

describe("a broker that", () => {
  test("takes the connection and says nothing is left, again and again", async () => {
    await using rig = await Rig.start();
    await using mute = await ScriptedBroker.listen(() => undefined);
    const { uplink } = rig.uplink({ url: mute.url, ...PATIENCE });
    await waitUntil("it is tried again", () => mute.connections >= 3);
    expect(uplink.state()).toMatchObject({ connected: false });
    expect(uplink.state().lastError).toMatchObject({ kind: "line" });
    expect(uplink.state().lastError?.reason).toMatch(/connack timeout/);
  });

  test("answers CONNECT twice is left", async () => {
    await using rig = await Rig.start();
    await using twice = await ScriptedBroker.listen(({ type, body, say, connection }) => {
      if (type === CONNECT) say(connack());
      if (type === SUBSCRIBE) say(suback(body, 1, 1));
      if (type !== PUBLISH) return;
      say(connection === 1 ? connack() : puback(published(body).id));
    });
    const { uplink } = rig.uplink({ url: twice.url, confirm: "broker" });
    await rig.sell(3);
    await waitUntil("records go over the next session", () => rig.ledger.mark() === 3);
    expect(uplink.state().lastError?.reason).toBe("the broker answered CONNECT twice");
    expect(uplink.counters()).toMatchObject({ connects: 2 });
  });

  test("acknowledges what nobody sent has acknowledged nothing", async () => {
    await using rig = await Rig.start();
    await using wrong = await ScriptedBroker.listen(({ type, body, say, connection }) => {
      if (type === CONNECT) say(connack());
      if (type === SUBSCRIBE) say(suback(body, 1, 1));
      if (type !== PUBLISH) return;
      const { id } = published(body);
      say(puback(connection === 1 ? id + 30_000 : id));
    });
    const { uplink } = rig.uplink({ url: wrong.url, confirm: "broker", ...PATIENCE, keepaliveS: 30 });
    await rig.sell(3);
    await waitUntil("the deadline has passed", () => uplink.counters()["connectionFailures"] === 1);
    expect(rig.ledger.mark()).toBe(0);
    expect(uplink.state().lastError?.reason).toBe("the broker acknowledged nothing for 1000 ms");
    await waitUntil("records go over the next session", () => rig.ledger.mark() === 3);
  });

  test("acknowledges after the deadline has acknowledged nothing", async () => {
    await using rig = await Rig.start();
    let wasLate = 0;
    await using slow = await ScriptedBroker.listen(({ type, body, say, connection }) => {
      if (type === CONNECT) say(connack());
      if (type === SUBSCRIBE) say(suback(body, 1, 1));
      if (type !== PUBLISH) return;
      const { id } = published(body);
      if (connection === 2) say(puback(id));
      else setTimeout(() => say(puback(id)), 2_000);
      if (connection === 1) wasLate += 1;
    });
    const { uplink } = rig.uplink({ url: slow.url, confirm: "broker", ...PATIENCE, keepaliveS: 30 });
    await rig.sell(3);
    await waitUntil("the first session is over", () => uplink.counters()["connectionFailures"] === 1);
    expect(uplink.state().lastError?.reason).toBe("the broker acknowledged nothing for 1000 ms");
    expect(wasLate).toBeGreaterThan(0);
    expect(uplink.counters()["recordsAcknowledged"]).toBe(0);
    await waitUntil("records go over the second", () => rig.ledger.mark() === 3);
  });
});
