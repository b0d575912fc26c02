import { Duplex } from "node:stream";
import type { BrokerSocket } from "./dial.ts";
import { InboundPackets } from "./inbound-packets.ts";

interface Piece {
  readonly chunk: string | Uint8Array;
}

export interface GatheringSocketOptions {
  /** An incoming MQTT packet beyond this ends the connection. */
  readonly maxPacketBytes: number;
  readonly onPuback: (id: number, reasonCode: number) => void;
}

/** Bytes that may wait on either side before the other is held up. */
const HIGH_WATER_BYTES = 64 * 1024;

/**
 * A socket (TCP or TLS) with a fast lane beside the stream that mqtt.js sees: messages given to `gather` go out in
 * one write a turn of the event loop, and their PUBACKs come back by `onPuback`. Through mqtt.js a message is written
 * in six pieces and leaves 10 KB of garbage.
 *
 * Back-pressure is the streams' own. Owns the socket: destroying either destroys both.
 */
export class GatheringSocket extends Duplex {
  readonly #socket: BrokerSocket;
  readonly #inbound: InboundPackets;
  readonly #onPuback: GatheringSocketOptions["onPuback"];
  #gathered: Piece[] = [];

  constructor(socket: BrokerSocket, { maxPacketBytes, onPuback }: GatheringSocketOptions) {
    // Text stays text until it is gathered: it is encoded once, into its place.
    super({ decodeStrings: false, highWaterMark: HIGH_WATER_BYTES, allowHalfOpen: false });
    this.#socket = socket;
    this.#inbound = new InboundPackets(maxPacketBytes);
    this.#onPuback = onPuback;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("end", () => this.push(null));
    socket.on("error", (error) => this.destroy(error));
    socket.on("close", () => this.destroy());
  }

  /**
   * Writes one whole packet, at the end of this turn and together with all others given until then. What may wait
   * here is for the caller to bound. After the end it does nothing.
   */
  gather(head: Uint8Array, payload: string | Uint8Array): void {
    if (this.#gathered.length === 0) setImmediate(() => this.#flush());
    this.#gathered.push({ chunk: head }, { chunk: payload });
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: string | Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done);
  }

  override _writev(pieces: readonly Piece[], done: (error?: Error | null) => void): void {
    this.#socket.write(joined(pieces), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  #flush(): void {
    const pieces = this.#gathered;
    this.#gathered = [];
    if (this.writable) this.write(joined(pieces));
  }

  #receive(chunk: Buffer): void {
    const { others, pubacks, wrong } = this.#inbound.sort(chunk);
    for (const { id, reasonCode } of pubacks) this.#onPuback(id, reasonCode);
    if (wrong !== undefined) {
      this.destroy(new Error(`the peer sent ${wrong}`));
      return;
    }
    for (const bytes of others) if (!this.push(bytes)) this.#socket.pause();
  }
}

function joined(pieces: readonly Piece[]): Buffer {
  let size = 0;
  for (const { chunk } of pieces) size += typeof chunk === "string" ? Buffer.byteLength(chunk) : chunk.byteLength;
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (const { chunk } of pieces) {
    if (typeof chunk === "string") {
      at += bytes.write(chunk, at);
    } else {
      bytes.set(chunk, at);
      at += chunk.byteLength;
    }
  }
  return bytes;
}
