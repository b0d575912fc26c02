import { once } from "node:events";
import { connect, createServer, type Server, Socket } from "node:net";
import { Duplex } from "node:stream";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import { describe, expect, test } from "vitest";
import { resetSocket } from "../../../src/sim/reset.ts";
import { GatheringSocket } from "../../../src/uplink/gathering-socket.ts";
import { certificateAuthority } from "../../support/certificates.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { waitUntil } from "../../support/wait-until.ts";

const MAX_PACKET = 64 * 1024;
/** A PUBLISH of MQTT with so many bytes: what comes in must be packets. */
const INBOUND = Buffer.concat([Buffer.from([0x30, 0xff, 0x7f]), Buffer.alloc(16_383, 7)]);

/** Both ends of one connection, over TCP and over TLS. */
class Wire implements AsyncDisposable {
  readonly near: GatheringSocket;
  readonly far: Socket;
  readonly #server: Server;

  private constructor(server: Server, near: Socket, far: Socket) {
    this.#server = server;
    this.near = new GatheringSocket(near, MAX_PACKET);
    this.far = far;
    far.on("error", () => far.destroy());
  }

  static async tcp(): Promise<Wire> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    const accepted = once(server, "connection");
    const near = connect(await listen(server), "127.0.0.1");
    await once(near, "connect");
    return new Wire(server, near, await socketOf(accepted));
  }

  static async tls(): Promise<Wire> {
    await using directory = await tempDir();
    const authority = await certificateAuthority(directory.path);
    const server = createTlsServer({ ...(await authority.issue({ commonName: "broker" })), pauseOnConnect: true });
    const accepted = once(server, "secureConnection");
    const near = connectTls({ port: await listen(server), host: "127.0.0.1", ca: authority.cert });
    await once(near, "secureConnect");
    return new Wire(server, near, await socketOf(accepted));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.near.destroy();
    this.far.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("a TCP server has a port");
  return address.port;
}

async function socketOf(accepted: Promise<unknown[]>): Promise<Socket> {
  const [socket] = await accepted;
  if (!(socket instanceof Socket)) throw new TypeError("a server accepts sockets");
  return socket;
}

/** Takes bytes and remembers in how many writes they came. */
class Recorder extends Duplex {
  readonly writes: Buffer[] = [];

  setNoDelay(): void {}

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.writes.push(chunk);
    done();
  }
}

test("what is written in one turn goes out in one write, text and bytes in their order", async () => {
  const recorder = new Recorder();
  const socket = new GatheringSocket(recorder, MAX_PACKET);
  socket.write(Buffer.from([0x30, 0x05]));
  socket.write("é芝😀");
  socket.write(Buffer.from([1, 2, 3]));
  await waitUntil("they are written", () => socket.writableLength === 0);
  socket.end("later");
  await waitUntil("it is written", () => Buffer.concat(recorder.writes).includes("later"));
  // The first piece finds the line idle and goes alone; what comes while it is under way goes together.
  expect(recorder.writes.length).toBeLessThanOrEqual(3);
  const expected = Buffer.concat([Buffer.from([0x30, 0x05]), Buffer.from("é芝😀"), Buffer.from([1, 2, 3])]);
  expect(Buffer.concat(recorder.writes)).toEqual(Buffer.concat([expected, Buffer.from("later")]));
});

describe.each([
  ["TCP", () => Wire.tcp()],
  ["TLS", () => Wire.tls()],
])("over %s", (_name, open) => {
  test("a peer that does not read holds the writer up, and then gets everything", async () => {
    await using wire = await open();
    const { near, far } = wire;
    const sent: Buffer[] = [];
    // More than any socket buffer takes.
    while (sent.length < 4_000 && near.writableLength < 1_000_000) {
      const chunk = Buffer.alloc(10_000, sent.length % 251);
      sent.push(chunk);
      if (!near.write(chunk)) {
        const held = await Promise.race([once(near, "drain").then(() => false), heldUp(near)]);
        if (held) break;
      }
    }
    expect(near.writableNeedDrain).toBe(true);
    expect(near.writableLength).toBeLessThan(1_000_000);
    const drained = once(near, "drain");
    const arrived: Buffer[] = [];
    far.on("data", (chunk: Buffer) => arrived.push(chunk));
    far.resume();
    await drained;
    near.end();
    await once(far, "end");
    expect(Buffer.concat(arrived).equals(Buffer.concat(sent))).toBe(true);
  });

  test("a reader that does not read holds the peer up, and then gets everything", async () => {
    await using wire = await open();
    const { near, far } = wire;
    let packets = 0;
    while (far.writableLength < 200_000) {
      far.write(INBOUND);
      packets += 1;
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
    expect(near.readableLength).toBeLessThan(300_000);
    far.end();
    let bytes = 0;
    near.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
    });
    await once(near, "end");
    expect(bytes).toBe(packets * INBOUND.length);
  });

  test("all that was written before the end arrives before it", async () => {
    await using wire = await open();
    for (let number = 0; number < 1_000; number += 1) wire.near.write(`${number},`);
    wire.near.end("last");
    const arrived: Buffer[] = [];
    wire.far.on("data", (chunk: Buffer) => arrived.push(chunk));
    wire.far.resume();
    await once(wire.far, "end");
    const text = Buffer.concat(arrived).toString();
    expect(text.startsWith("0,1,2,")).toBe(true);
    expect(text.endsWith("998,999,last")).toBe(true);
  });

  test("the peer's end ends it", async () => {
    await using wire = await open();
    wire.near.resume();
    const closed = once(wire.near, "close");
    wire.far.end();
    await closed;
    expect(wire.near.destroyed).toBe(true);
  });

  test("destroying it closes the socket, and what was waiting is answered", async () => {
    await using wire = await open();
    const { near, far } = wire;
    far.resume();
    const answered = new Promise<unknown>((resolve) => {
      near.write("never sent", resolve);
    });
    near.destroy();
    expect(await answered).toBeInstanceOf(Error);
    await once(far, "end");
    expect(near.write("afterwards", () => undefined)).toBe(false);
  });
});

test("a reset is an error, and then it is closed", async () => {
  await using wire = await Wire.tcp();
  const failed = errorOf(wire.near);
  resetSocket(wire.far);
  expect(await failed).toMatchObject({ code: "ECONNRESET" });
  await waitUntil("it is closed", () => wire.near.closed);
});

test("a packet over the limit is an error, told by its length", async () => {
  await using wire = await Wire.tcp();
  const failed = errorOf(wire.near);
  wire.far.write(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]));
  expect(String(await failed)).toContain("the peer sent a packet of 268435455 bytes, at most 65536");
});

async function errorOf(stream: Duplex): Promise<Error> {
  return new Promise((resolve) => {
    stream.once("error", resolve);
  });
}

/** True when nothing has moved for a while: the other side's buffers are full. */
async function heldUp(socket: Duplex): Promise<boolean> {
  const before = socket.writableLength;
  await new Promise((resolve) => {
    setTimeout(resolve, 500);
  });
  return socket.writableLength === before;
}
