import { apduBytes, LONGEST_APDU } from "./apdu.ts";

/** What was cut from a TCP stream. An APDU is a view on the chunk, or an array of its own; the taker wipes it. */
export type CutApdu =
  | { readonly kind: "apdu"; readonly apdu: Uint8Array }
  /** The head of an APDU that is longer than allowed: its bytes are skipped. */
  | { readonly kind: "oversized"; readonly bytes: number };

const NO_BYTES = new Uint8Array(0);

/** The longest head: CLASS, INSTR, FF and two bytes. */
const HEAD = 5;

/** Set aside at first for an APDU that came in pieces, so that a length alone costs nothing. Bytes. */
const USUAL = 512;

/**
 * Cuts a byte stream into APDUs by their lengths alone, as on TCP (PA00P016): several in one segment, one in several.
 * Holds at most `maxBytes`, whatever comes.
 */
export class ApduCutter {
  readonly #maxBytes: number;
  #held = NO_BYTES;
  #heldBytes = 0;
  #toSkip = 0;

  constructor(maxBytes = LONGEST_APDU) {
    this.#maxBytes = Math.max(maxBytes, HEAD);
  }

  /** Bytes of an incomplete APDU. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  push(chunk: Uint8Array): CutApdu[] {
    const out: CutApdu[] = [];
    let at = 0;
    while (at < chunk.length) {
      if (this.#toSkip > 0) {
        const skipped = Math.min(this.#toSkip, chunk.length - at);
        this.#toSkip -= skipped;
        at += skipped;
      } else {
        at += this.#heldBytes === 0 ? this.#cutInPlace(chunk, at, out) : this.#addToHeld(chunk, at, out);
      }
    }
    return out;
  }

  /** Wipes what is held. */
  close(): void {
    this.#held.fill(0);
    this.#forget();
    this.#toSkip = 0;
  }

  #cutInPlace(chunk: Uint8Array, at: number, out: CutApdu[]): number {
    const length = apduBytes(chunk, at, chunk.length);
    const available = chunk.length - at;
    if (length > this.#maxBytes) return this.#skip(length, 0, out);
    if (length === 0 || length > available) return this.#hold(chunk, at, available);
    out.push({ kind: "apdu", apdu: chunk.subarray(at, at + length) });
    return length;
  }

  /** @returns how many bytes were dealt with; the state has always moved on. */
  #addToHeld(chunk: Uint8Array, at: number, out: CutApdu[]): number {
    const known = apduBytes(this.#held, 0, this.#heldBytes);
    const wanted = known === 0 ? 1 : known - this.#heldBytes;
    const taken = this.#hold(chunk, at, Math.min(wanted, chunk.length - at));
    const length = apduBytes(this.#held, 0, this.#heldBytes);
    if (length > this.#maxBytes) {
      const held = this.#heldBytes;
      this.close();
      this.#skip(length, held, out);
    } else if (length === this.#heldBytes) {
      out.push({ kind: "apdu", apdu: this.#held.subarray(0, length) });
      this.#forget();
    }
    return taken;
  }

  #skip(length: number, alreadyHeld: number, out: CutApdu[]): 0 {
    out.push({ kind: "oversized", bytes: length });
    this.#toSkip = length - alreadyHeld;
    return 0;
  }

  #hold(chunk: Uint8Array, at: number, count: number): number {
    const needed = this.#heldBytes + count;
    if (needed > this.#held.length) {
      const larger = new Uint8Array(Math.min(Math.max(needed, 2 * this.#held.length, USUAL), this.#maxBytes));
      larger.set(this.#held.subarray(0, this.#heldBytes));
      this.#held.fill(0);
      this.#held = larger;
    }
    this.#held.set(chunk.subarray(at, at + count), this.#heldBytes);
    this.#heldBytes = needed;
    return count;
  }

  #forget(): void {
    this.#held = NO_BYTES;
    this.#heldBytes = 0;
  }
}
