import { byteAt } from "../../wire/bytes.ts";
import { fieldsOffset, followingBytes, lengthBytes } from "./framing.ts";
import type { Framing } from "./observation.ts";

/** Why bytes are passed on unread. Only `oversized` ends by itself: a stream that lost its lengths cannot be cut again. */
export type OpaqueReason = "tls" | "lengthNotDigits" | "lengthTooShort" | "oversized" | "closed";

interface Cut {
  /** A view on the chunk, or an array of its own when it came in pieces; the taker wipes it after its last use. */
  readonly bytes: Uint8Array;
  /** So many of the first `bytes` were handed out by `release()` before: they must not be passed on again. */
  readonly releasedBytes: number;
}

/** What was cut from the stream, in the stream's order. A frame has its length bytes with it. */
export type CutResult =
  | (Cut & { readonly kind: "frame" })
  | (Cut & { readonly kind: "opaque"; readonly reason: OpaqueReason });

/** A TLS record begins with handshake (22) and version 3.x (RFC 8446, 5.1). */
const TLS_HANDSHAKE = 0x16;
const TLS_MAJOR = 0x03;

/** Bytes set aside for a frame that came in pieces. A longer one gets more as it really comes, so that a length alone costs nothing. */
const USUAL_FRAME = 512;

const NO_BYTES = new Uint8Array(0);

/**
 * Cuts a byte stream into frames for a relay, which passes every byte on unchanged, once and in order:
 *
 *     push(chunk) ──▶ frames and opaque bytes ──▶ passed on, less what was released
 *     release()   ──▶ what there is of a frame that is not whole yet ──▶ passed on; kept, to observe the frame in the end
 *
 * Whole frames are handed out where they lie in the chunk; only what straddles chunks is copied. Holds at most
 * `maxFrameBytes`, whatever comes.
 */
export class FrameCutter {
  readonly #framing: Framing;
  readonly #wipesInput: boolean;
  readonly #prefixBytes: number;
  readonly #shortest: number;

  #held = NO_BYTES;
  #heldBytes = 0;
  #released = 0;
  /** Length of the frame that is held; 0 until its length bytes are there. */
  #frameBytes = 0;
  /** Bytes of an oversized frame that are still to come. */
  #toSkip = 0;
  #opaque: OpaqueReason | undefined = undefined;
  #atStart = true;

  /** @param input  `wiped`: what is copied out of a chunk is zeroed there, for nobody else will; `kept`: it is still needed. */
  constructor(framing: Framing, input: "wiped" | "kept" = "kept") {
    this.#framing = framing;
    this.#wipesInput = input === "wiped";
    this.#prefixBytes = lengthBytes(framing);
    this.#shortest = fieldsOffset(framing);
  }

  /** Bytes of an incomplete frame that are kept, released or not. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  push(chunk: Uint8Array): CutResult[] {
    const results: CutResult[] = [];
    let at = 0;
    while (at < chunk.length) {
      if (this.#opaque !== undefined) {
        results.push(opaque(chunk.subarray(at), this.#opaque));
        at = chunk.length;
      } else if (this.#toSkip > 0) {
        const part = chunk.subarray(at, at + this.#toSkip);
        results.push(opaque(part, "oversized"));
        this.#toSkip -= part.length;
        at += part.length;
      } else {
        at += this.#heldBytes === 0 ? this.#cutInPlace(chunk, at, results) : this.#addToHeld(chunk, at, results);
      }
    }
    return results;
  }

  /**
   * What is held of an incomplete frame and was not handed out before. The caller owns it: the cutter keeps its own copy
   * to complete the frame with.
   */
  release(): Uint8Array {
    const bytes = this.#held.slice(this.#released, this.#heldBytes);
    this.#released = this.#heldBytes;
    return bytes;
  }

  /** Wipes what is held. What still has to be passed on must be released before; bytes that come later are opaque. */
  close(): void {
    this.#held.fill(0);
    this.#forgetHeld();
    this.#opaque = "closed";
  }

  /** @returns how many bytes were dealt with; 0 when the state has changed and the same bytes are to be looked at again. */
  #cutInPlace(chunk: Uint8Array, at: number, results: CutResult[]): number {
    const available = chunk.length - at;
    if (available < this.#prefixBytes) return this.#hold(chunk, at, available);
    const frameBytes = this.#judge(chunk, at);
    if (frameBytes === 0) return 0;
    if (frameBytes > available) {
      this.#frameBytes = frameBytes;
      return this.#hold(chunk, at, available);
    }
    results.push({ kind: "frame", bytes: chunk.subarray(at, at + frameBytes), releasedBytes: 0 });
    return frameBytes;
  }

  #addToHeld(chunk: Uint8Array, at: number, results: CutResult[]): number {
    const wanted = (this.#frameBytes === 0 ? this.#prefixBytes : this.#frameBytes) - this.#heldBytes;
    const taken = this.#hold(chunk, at, Math.min(wanted, chunk.length - at));
    if (taken < wanted) return taken;
    const frameBytes = this.#frameBytes === 0 ? this.#judge(this.#held, 0) : this.#frameBytes;
    if (frameBytes === 0) {
      results.push({ ...this.#handOut(), kind: "opaque", reason: this.#opaque ?? "oversized" });
    } else if (this.#heldBytes === frameBytes) {
      results.push({ ...this.#handOut(), kind: "frame" });
    } else {
      this.#frameBytes = frameBytes;
    }
    return taken;
  }

  /** @returns the length of the frame at `at`, or 0 when it is not to be kept; why is then in `#opaque` or `#toSkip`. */
  #judge(bytes: Uint8Array, at: number): number {
    const atStart = this.#atStart;
    this.#atStart = false;
    if (atStart && byteAt(bytes, at) === TLS_HANDSHAKE && byteAt(bytes, at + 1) === TLS_MAJOR)
      return this.#giveUp("tls");
    const following = followingBytes(bytes, at, this.#framing);
    const frameBytes = this.#prefixBytes + following;
    if (following < 0) return this.#giveUp("lengthNotDigits");
    // Some hosts poll an idle line with a length of zero (jPOS BaseChannel, keep-alive): a frame with nothing in it.
    if (following === 0) return this.#prefixBytes;
    if (frameBytes < this.#shortest) return this.#giveUp("lengthTooShort");
    if (frameBytes <= this.#framing.maxFrameBytes) return frameBytes;
    this.#toSkip = frameBytes - this.#heldBytes;
    return 0;
  }

  #giveUp(reason: OpaqueReason): 0 {
    this.#opaque = reason;
    return 0;
  }

  #hold(chunk: Uint8Array, at: number, count: number): number {
    const needed = this.#heldBytes + count;
    if (needed > this.#held.length) this.#grow(needed);
    const bytes = chunk.subarray(at, at + count);
    this.#held.set(bytes, this.#heldBytes);
    this.#heldBytes = needed;
    if (this.#wipesInput) bytes.fill(0);
    return count;
  }

  #grow(needed: number): void {
    const larger = new Uint8Array(
      Math.min(Math.max(needed, 2 * this.#held.length, USUAL_FRAME), this.#framing.maxFrameBytes),
    );
    larger.set(this.#held.subarray(0, this.#heldBytes));
    this.#held.fill(0);
    this.#held = larger;
  }

  #handOut(): Cut {
    const bytes = this.#held.subarray(0, this.#heldBytes);
    const cut = { bytes, releasedBytes: this.#released };
    this.#forgetHeld();
    return cut;
  }

  #forgetHeld(): void {
    this.#held = NO_BYTES;
    this.#heldBytes = 0;
    this.#released = 0;
    this.#frameBytes = 0;
  }
}

function opaque(bytes: Uint8Array, reason: OpaqueReason): CutResult {
  return { kind: "opaque", bytes, releasedBytes: 0, reason };
}
