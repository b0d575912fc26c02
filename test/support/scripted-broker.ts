import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";

/** Packet types (MQTT 5, 2.1.2). */
export const CONNECT = 1;
export const PUBLISH = 3;
export const SUBSCRIBE = 8;

/** One packet of the client, and what can be said to it. */
export interface Asked {
  readonly type: number;
  /** Without its fixed header. */
  readonly body: Buffer;
  /** From 1, in the order in which clients came. */
  readonly connection: number;
  readonly say: (bytes: Buffer) => void;
  readonly close: () => void;
}

/** A broker that answers each packet as the test says, for what mosquitto cannot be told to do. */
export class ScriptedBroker implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #connections = 0;

  private constructor(answer: (asked: Asked) => void) {
    this.#server = createServer((client) => {
      this.#connections += 1;
      const connection = this.#connections;
      this.#sockets.add(client);
      client.on("error", () => client.destroy());
      let waiting = Buffer.alloc(0);
      client.on("data", (chunk: Buffer) => {
        waiting = Buffer.concat([waiting, chunk]);
        for (let packet = firstPacket(waiting); packet !== undefined; packet = firstPacket(waiting)) {
          waiting = waiting.subarray(packet.end);
          const { type, body } = packet;
          answer({ type, body, connection, say: (bytes) => client.write(bytes), close: () => client.destroy() });
        }
      });
    });
  }

  static async listen(answer: (asked: Asked) => void): Promise<ScriptedBroker> {
    const broker = new ScriptedBroker(answer);
    broker.#server.listen(0, "127.0.0.1");
    await once(broker.#server, "listening");
    return broker;
  }

  get url(): string {
    return urlOf(this.#server);
  }

  /** Since it listens. */
  get connections(): number {
    return this.#connections;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, "close");
  }
}

/** CONNACK of MQTT 5: accepted. @param properties  MQTT 5, 3.2.2.3. */
export function connack(...properties: readonly number[]): Buffer {
  return Buffer.from([0x20, 3 + properties.length, 0, 0, properties.length, ...properties]);
}

/** Answers a SUBSCRIBE to two topics. @param codes  MQTT 5, 3.9.3: 1 grants QoS 1, 0x87 refuses. */
export function suback(subscribe: Buffer, ...codes: readonly number[]): Buffer {
  return Buffer.from([0x90, 3 + codes.length, ...subscribe.subarray(0, 2), 0, ...codes]);
}

export function puback(id: number): Buffer {
  return Buffer.from([0x40, 2, id >> 8, id & 0xff]);
}

/** A QoS 1 PUBLISH of MQTT 5, taken apart. */
export function published(body: Buffer): { readonly topic: string; readonly id: number; readonly payload: Buffer } {
  const end = 2 + body.readUInt16BE(0);
  // One byte of length does for the properties that tillgate sends.
  const payload = body.subarray(end + 3 + body.readUInt8(end + 2));
  return { topic: body.toString("utf8", 2, end), id: body.readUInt16BE(end), payload };
}

/** A QoS 0 PUBLISH of MQTT 5. */
export function publish(topic: string, payload: Buffer): Buffer {
  const length = Buffer.byteLength(topic);
  const remaining = 2 + length + 1 + payload.length;
  const varint = remaining < 0x80 ? [remaining] : [(remaining & 0x7f) | 0x80, remaining >> 7];
  return Buffer.concat([Buffer.from([0x30, ...varint, 0, length]), Buffer.from(topic), Buffer.from([0]), payload]);
}

/** MQTT 5, 2.1: the packet at the beginning of these bytes, when it is there whole. */
function firstPacket(bytes: Buffer): { type: number; body: Buffer; end: number } | undefined {
  let length = 0;
  for (let at = 1; at < Math.min(5, bytes.length); at += 1) {
    const byte = bytes.readUInt8(at);
    length += (byte & 0x7f) * 128 ** (at - 1);
    if (byte >= 0x80) continue;
    const end = at + 1 + length;
    return end > bytes.length ? undefined : { type: bytes.readUInt8(0) >> 4, body: bytes.subarray(at + 1, end), end };
  }
  return undefined;
}

/** @throws TypeError for a server that does not listen on TCP. */
export function urlOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("a TCP server has a port");
  return `mqtt://127.0.0.1:${address.port}`;
}
