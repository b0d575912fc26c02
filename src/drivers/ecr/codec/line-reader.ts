import { decodeNext, type LinePiece } from "./decode.ts";
import type { FrameSpec } from "./frame-spec.ts";

/**
 * Cuts what a line says into pieces, however the bytes come in. Holds one unfinished message at most, whose length the
 * protocol bounds.
 */
export class LineReader {
  readonly #spec: FrameSpec;
  #held: Uint8Array = new Uint8Array();

  constructor(spec: FrameSpec) {
    this.#spec = spec;
  }

  /** Whether a message has begun and not ended: worth a timer of `interByteMs`. */
  get unfinished(): boolean {
    return this.#held.length > 0;
  }

  push(chunk: Uint8Array): readonly LinePiece[] {
    this.#held = this.#held.length === 0 ? chunk.slice() : joined(this.#held, chunk);
    return this.#pieces();
  }

  /** The rest will not come: what began is given up, and what stands behind its start is looked at again. */
  giveUp(): readonly LinePiece[] {
    const pieces: LinePiece[] = [];
    while (this.#held.length > 0) {
      const bytes = Math.min(this.#spec.start.length, this.#held.length);
      pieces.push({ kind: "fault", fault: "truncated", bytes });
      this.#held = this.#held.subarray(bytes);
      // Without a length no message can stand within another.
      if (this.#spec.length === "none") {
        pieces.push({ kind: "fault", fault: "garbage", bytes: this.#held.length });
        this.#held = new Uint8Array();
      }
      pieces.push(...this.#pieces());
    }
    return pieces.filter((piece) => piece.kind !== "fault" || piece.bytes > 0);
  }

  #pieces(): readonly LinePiece[] {
    const pieces: LinePiece[] = [];
    while (this.#held.length > 0) {
      const next = decodeNext(this.#spec, this.#held);
      if (next === "short") break;
      pieces.push(next.piece);
      this.#held = this.#held.subarray(next.bytes);
    }
    return pieces;
  }
}

function joined(head: Uint8Array, tail: Uint8Array): Uint8Array {
  const all = new Uint8Array(head.length + tail.length);
  all.set(head);
  all.set(tail, head.length);
  return all;
}
