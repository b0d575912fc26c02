/** How messages are wrapped on a line (reference iso8583.md, 1.1). */
export interface WireFraming {
  /** `be16`: two bytes, big-endian; `ascii4`: four ASCII digits. Both count what follows them. */
  readonly length: "be16" | "ascii4";
  /** Whether a TPDU of 5 bytes comes first. */
  readonly tpdu: boolean;
  /** Bytes of message header after the TPDU. */
  readonly headerBytes: number;
}

export const USUAL_FRAMING: WireFraming = { length: "be16", tpdu: true, headerBytes: 6 };

/** Bytes. No terminal sends more: 0320 with eight details stays under 400, DE62 under 1,000. */
const LONGEST_FRAME = 8_192;

const EMPTY = Buffer.alloc(0);

/** A length that no terminal sends: the rest of the connection cannot be trusted either. */
export class FrameFault extends Error {
  override readonly name = "FrameFault";
}

export function prefixBytes(framing: WireFraming): number {
  return framing.length === "be16" ? 2 : 4;
}

/** Cuts a byte stream into frames, length bytes included. Holds at most one unfinished frame. */
export class WireFrames {
  readonly #framing: WireFraming;
  #held: Buffer = EMPTY;

  constructor(framing: WireFraming) {
    this.#framing = framing;
  }

  /**
   * The frames that `chunk` completes; they share memory with it.
   *
   * @throws FrameFault when a length is not a number or beyond 8,192.
   */
  push(chunk: Buffer): readonly Buffer[] {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const prefix = prefixBytes(this.#framing);
    const frames: Buffer[] = [];
    let at = 0;
    while (bytes.length - at >= prefix) {
      const end = at + prefix + this.#lengthAt(bytes, at);
      if (end > bytes.length) break;
      frames.push(bytes.subarray(at, end));
      at = end;
    }
    // Copied when it stays: a chunk of Node's is a slice of a larger pool that must not be kept alive.
    this.#held = at === bytes.length ? EMPTY : Buffer.from(bytes.subarray(at));
    return frames;
  }

  #lengthAt(bytes: Buffer, at: number): number {
    if (this.#framing.length === "be16") return bounded(bytes.readUInt16BE(at));
    const digits = bytes.toString("latin1", at, at + 4);
    if (!/^\d{4}$/.test(digits)) throw new FrameFault("the length is not four digits");
    return bounded(Number(digits));
  }
}

function bounded(length: number): number {
  if (length > LONGEST_FRAME) throw new FrameFault(`a frame of ${length} bytes`);
  return length;
}
