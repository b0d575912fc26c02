import { connect, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { MqttClient } from "mqtt";
import { expect, test } from "vitest";
import { startWeather } from "../../../src/sim/weather/weather.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { Rig } from "./rig.ts";

/** A socket whose `close` comes 800 ms after it was asked for. */
class LateSocket extends Duplex {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
    socket.on("data", (chunk) => this.push(chunk));
    socket.on("error", (error) => this.destroy(error));
    socket.on("end", () => this.push(null));
  }

  setNoDelay(): void {
    this.#socket.setNoDelay(true);
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, encoding, done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    setTimeout(() => {
      this.#socket.destroy();
      done(error);
    }, 800);
  }
}

/**
 * The latch (MQTT.js 5.16, field-lessons.md, finding 2): the keepalive gives up; the reconnect timer fires while the
 * stream has not closed yet; the client then ends itself politely, which waits for a PUBACK that never comes.
 */
test("plain mqtt.js, its connection closing late with a message unacknowledged, never comes back; our session does", async () => {
  await using rig = await Rig.start();
  await using line = await startWeather({ target: { host: "127.0.0.1", port: rig.broker.port } });
  rig.hq();
  const late = (): LateSocket => new LateSocket(connect(line.port, "127.0.0.1"));
  let attempts = 0;
  const plain = new MqttClient(
    () => {
      attempts += 1;
      return late();
    },
    { protocolVersion: 5, clientId: "plain", keepalive: 1, reconnectPeriod: 300, connectTimeout: 1_000 },
  );
  plain.on("error", () => undefined);
  try {
    await waitUntil("the plain client is connected", () => plain.connected);
    const { uplink } = rig.uplink({ keepaliveS: 1, connectTimeoutMs: 1_000 }, { dial: late });
    await rig.sell(1);
    await rig.settled();

    await line.set({ kind: "blackHole" });
    plain.publish("anything", "unacknowledged", { qos: 1 }, () => undefined);
    await rig.sell(1);
    await waitUntil("ours has noticed", () => !uplink.state().connected);
    await waitUntil("the plain one has noticed", () => plain.disconnecting);
    await line.set({ kind: "clear" });

    expect(await rig.settled(), "ours is back").toMatchObject({ rows: 2, forks: 0, gaps: 0 });
    // Ten times as long as it would need, and others come and go on the same line meanwhile.
    const later = performance.now() + 3_000;
    await waitUntil("time passes", () => performance.now() > later);
    const { connected, disconnecting, reconnecting } = plain;
    expect({ attempts, connected, disconnecting, reconnecting }, "the plain one is stuck, whatever it says").toEqual({
      attempts: 1,
      connected: false,
      disconnecting: true,
      reconnecting: true,
    });
  } finally {
    plain.end(true);
  }
});
