import { byteAt } from "../../wire/bytes.ts";
import { fieldsOffset, followingBytes, lengthBytes } from "./framing.ts";
import type { Framing } from "./observation.ts";

/**
 * - `oversized`: a frame longer than `maxFrameBytes`; the next one is read again.
 * - `badLength`: no length, or one too short for a message; there is no way to find the next frame, so all that follows
 *   is opaque.
 * - `tls`: the terminal speaks TLS to its acquirer (RFC 8446, 5.1: handshake record, 0x16 0x03); all of it is opaque.
 */
export type OpaqueReason = "oversized" | "badLength" | "tls";

/** What a piece of the stream turned out to be. Without its first `releasedBytes`, which `release` has handed out already. */
export type CutResult =
  | { readonly kind: "frame"; readonly bytes: Uint8Array; readonly releasedBytes: number }
  | {
      readonly kind: "opaque";
      readonly bytes: Uint8Array;
      readonly releasedBytes: number;
      readonly reason: OpaqueReason;
    };

const NOTHING = new Uint8Array(0);
const TLS_HANDSHAKE = 0x16;
const TLS_MAJOR = 0x03;

/**
 * Cuts a byte stream into frames without ever losing, altering or reordering a byte: what `push` and `release` hand out,
 * put together, is the input. Holds at most one frame.
 */
export class FrameCutter {
  readonly #framing: Framing;
  readonly #wipesInput: boolean;
  readonly #headBytes: number;
  readonly #shortest: number;
  /** The frame whose end is still missing; its array has the frame's length as soon as that is known. */
  #held: Uint8Array = NOTHING;
  #heldBytes = 0;
  #released = 0;
  /** Bytes of an oversized frame that are still to come. */
  #passing = 0;
  #opaqueFor: OpaqueReason | undefined;
  #isFirst = true;

  /** @param input  `wiped`: what is copied out of a chunk is zeroed there, because nobody else will; `kept`: the caller still needs it. */
  constructor(framing: Framing, input: "wiped" | "kept" = "kept") {
    this.#framing = framing;
    this.#wipesInput = input === "wiped";
    this.#headBytes = lengthBytes(framing);
    this.#shortest = fieldsOffset(framing);
  }

  /** Bytes of an unfinished frame, released ones included. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Whole frames that lie in the chunk are views on it, not copies. */
  push(chunk: Uint8Array): CutResult[] {
    const results: CutResult[] = [];
    let at = 0;
    while (at < chunk.length) {
      if (this.#opaqueFor !== undefined) {
        results.push({ kind: "opaque", bytes: chunk.subarray(at), releasedBytes: 0, reason: this.#opaqueFor });
        return results;
      }
      if (this.#passing > 0) at = this.#pass(chunk, at, results);
      else if (this.#heldBytes > 0) at = this.#complete(chunk, at, results);
      else at = this.#begin(chunk, at, results);
    }
    return results;
  }

  /** Hands out what is held of an unfinished frame and was not handed out before. The frame is completed all the same. */
  release(): Uint8Array {
    const bytes = this.#held.slice(this.#released, this.#heldBytes);
    this.#released = this.#heldBytes;
    return bytes;
  }

  /** Forgets and wipes what is held. */
  close(): void {
    this.#held.fill(0);
    this.#drop();
  }

  #pass(chunk: Uint8Array, at: number, results: CutResult[]): number {
    const end = Math.min(chunk.length, at + this.#passing);
    this.#passing -= end - at;
    results.push({ kind: "opaque", bytes: chunk.subarray(at, end), releasedBytes: 0, reason: "oversized" });
    return end;
  }

  /** At a frame's first byte, with nothing held. */
  #begin(chunk: Uint8Array, at: number, results: CutResult[]): number {
    if (chunk.length - at < this.#headBytes) {
      this.#held = new Uint8Array(this.#headBytes);
      return this.#take(chunk, at, chunk.length);
    }
    const total = this.#total(chunk, at);
    if (typeof total === "string") {
      this.#opaqueFor = total;
      return at;
    }
    if (total > this.#framing.maxFrameBytes) {
      this.#passing = total;
      return at;
    }
    const end = at + total;
    if (end <= chunk.length) {
      results.push({ kind: "frame", bytes: chunk.subarray(at, end), releasedBytes: 0 });
      return end;
    }
    this.#held = new Uint8Array(total);
    return this.#take(chunk, at, chunk.length);
  }

  /** Somewhere inside a frame whose front is held. */
  #complete(chunk: Uint8Array, at: number, results: CutResult[]): number {
    const end = this.#take(chunk, at, Math.min(chunk.length, at + this.#held.length - this.#heldBytes));
    if (this.#heldBytes < this.#held.length) return end;
    if (this.#heldBytes === this.#headBytes) this.#measure(results);
    else {
      results.push({ kind: "frame", bytes: this.#held, releasedBytes: this.#released });
      this.#drop();
    }
    return end;
  }

  /** The length bytes came in pieces and are all there now. */
  #measure(results: CutResult[]): void {
    const total = this.#total(this.#held, 0);
    if (typeof total === "number" && total <= this.#framing.maxFrameBytes) {
      const frame = new Uint8Array(total);
      frame.set(this.#held);
      this.#held = frame;
      return;
    }
    const reason = typeof total === "string" ? total : "oversized";
    if (typeof total === "string") this.#opaqueFor = total;
    else this.#passing = total - this.#heldBytes;
    results.push({ kind: "opaque", bytes: this.#held, releasedBytes: this.#released, reason });
    this.#drop();
  }

  /** Bytes of the frame that begins at `at`, length bytes included, or why there is none. */
  #total(bytes: Uint8Array, at: number): number | OpaqueReason {
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    if (isFirst && byteAt(bytes, at) === TLS_HANDSHAKE && byteAt(bytes, at + 1) === TLS_MAJOR) return "tls";
    const following = followingBytes(bytes, at, this.#framing);
    const total = following + this.#headBytes;
    return following < 0 || total < this.#shortest ? "badLength" : total;
  }

  #take(chunk: Uint8Array, from: number, to: number): number {
    const bytes = chunk.subarray(from, to);
    this.#held.set(bytes, this.#heldBytes);
    this.#heldBytes += bytes.length;
    if (this.#wipesInput) bytes.fill(0);
    return to;
  }

  #drop(): void {
    this.#held = NOTHING;
    this.#heldBytes = 0;
    this.#released = 0;
  }
}
