import { Duplex } from "node:stream";
import type { BrokerSocket } from "./dial.ts";
import { PacketLimit } from "./packet-limit.ts";

interface Piece {
  readonly chunk: string | Uint8Array;
}

/** Bytes that may wait on either side before the other is held up. */
const HIGH_WATER_BYTES = 64 * 1024;

/**
 * A socket (TCP or TLS) that writes once in a turn of the event loop what was written to it in small pieces.
 * mqtt.js writes a message in six pieces; one system call for all of a turn doubles what it sends in a second.
 *
 * Back-pressure is the streams' own: while a write is under way the pieces after it wait in this stream's buffer.
 * Owns the socket: destroying either destroys both.
 */
export class GatheringSocket extends Duplex {
  readonly #socket: BrokerSocket;
  readonly #limit: PacketLimit;

  /** @param maxPacketBytes  An incoming MQTT packet beyond this ends the connection. */
  constructor(socket: BrokerSocket, maxPacketBytes: number) {
    // Text stays text until it is gathered: it is encoded once, into its place.
    super({ decodeStrings: false, highWaterMark: HIGH_WATER_BYTES, allowHalfOpen: false });
    this.#socket = socket;
    this.#limit = new PacketLimit(maxPacketBytes);
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => {
      const wrong = this.#limit.accept(chunk);
      if (wrong !== undefined) this.destroy(new Error(`the peer sent ${wrong}`));
      else if (!this.push(chunk)) socket.pause();
    });
    socket.on("end", () => this.push(null));
    socket.on("error", (error) => this.destroy(error));
    socket.on("close", () => this.destroy());
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: string | Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    this.#writeAtTurnsEnd([{ chunk }], done);
  }

  override _writev(pieces: readonly Piece[], done: (error?: Error | null) => void): void {
    this.#writeAtTurnsEnd(pieces, done);
  }

  #writeAtTurnsEnd(pieces: readonly Piece[], done: (error?: Error | null) => void): void {
    setImmediate(() => {
      if (this.destroyed) done(new Error("the connection was closed before this was written"));
      else this.#socket.write(gather(pieces), done);
    });
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}

function gather(pieces: readonly Piece[]): Buffer {
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
