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

/** A PUBLISH of MQTT with so many bytes: what comes in must be packets. */
const INBOUND = Buffer.concat([Buffer.from([0x30, 0xff, 0x7f]), Buffer.alloc(16_383, 7)]);

/** Both ends of one connection, over TCP and over TLS. */
class Wire implements AsyncDisposable {
  readonly near: GatheringSocket;
  readonly far: Socket;
  readonly pubacks: { readonly id: number; readonly reasonCode: number }[] = [];
  readonly #server: Server;

  private constructor(server: Server, near: Socket, far: Socket) {
    this.#server = server;
    this.near = new GatheringSocket(near, {
      maxPacketBytes: 64 * 1024,
      onPuback: (id, reasonCode) => this.pubacks.push({ id, reasonCode }),
    });
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

test("messages given in one turn go out in one write, text and bytes in their order", async () => {
  const recorder = new Recorder();
  const socket = new GatheringSocket(recorder, { maxPacketBytes: 1_000, onPuback: () => undefined });
  for (let number = 0; number < 50; number += 1) socket.gather(Buffer.from([0x32, number]), `é芝😀 ${number};`);
  await waitUntil("they are written", () => recorder.writes.length > 0);
  expect(recorder.writes).toHaveLength(1);
  const expected = Array.from({ length: 50 }, (_, n) => [Buffer.from([0x32, n]), Buffer.from(`é芝😀 ${n};`)]).flat();
  expect(recorder.writes[0]).toEqual(Buffer.concat(expected));
});

test("what is written beside them stays whole, and in its place", async () => {
  const recorder = new Recorder();
  const socket = new GatheringSocket(recorder, { maxPacketBytes: 1_000, onPuback: () => undefined });
  socket.gather(Buffer.from("[1"), "]");
  for (const piece of ["<", "a ", "packet ", "in ", "pieces", ">"]) socket.write(piece);
  socket.gather(Buffer.from("[2"), "]");
  await waitUntil("all is written", () => Buffer.concat(recorder.writes).length === 26);
  expect(Buffer.concat(recorder.writes).toString()).toBe("<a packet in pieces>[1][2]");
});

test("after the end nothing more is written", async () => {
  const recorder = new Recorder();
  const socket = new GatheringSocket(recorder, { maxPacketBytes: 1_000, onPuback: () => undefined });
  socket.end("last");
  socket.gather(Buffer.from("too"), "late");
  await waitUntil("it has ended", () => recorder.writableFinished);
  expect(Buffer.concat(recorder.writes).toString()).toBe("last");
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

  test("acknowledgements do not reach the reader, and everything else does", async () => {
    await using wire = await open();
    const { near, far, pubacks } = wire;
    const ping = Buffer.from([0xd0, 0x00]);
    // PUBACK of 3.1.1 and 5 without, and of 5 with a reason code and a reason string (MQTT 5, 3.4).
    const acks = [
      Buffer.from([0x40, 2, 0, 7]),
      Buffer.from([0x40, 3, 1, 0, 0x10]),
      Buffer.from([0x40, 8, 0, 9, 0x97, 4, 0x1f, 0, 1, 0x78]),
    ];
    const arrived: Buffer[] = [];
    near.on("data", (chunk: Buffer) => arrived.push(chunk));
    for (const bytes of [ping, ...acks, INBOUND, ...acks, ping]) far.write(bytes);
    await waitUntil("all is there", () => Buffer.concat(arrived).length === INBOUND.length + 4);
    expect(Buffer.concat(arrived)).toEqual(Buffer.concat([ping, INBOUND, ping]));
    const expected = [
      { id: 7, reasonCode: 0 },
      { id: 256, reasonCode: 0x10 },
      { id: 9, reasonCode: 0x97 },
    ];
    expect(pubacks).toEqual([...expected, ...expected]);
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
    const answered = new Promise<unknown>((resolve) => {
      // More than any socket buffer takes.
      near.write(Buffer.alloc(50_000_000), resolve);
    });
    near.destroy();
    expect(await answered).toBeInstanceOf(Error);
    far.resume();
    await waitUntil("the peer sees the end", () => far.readableEnded || far.destroyed);
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
