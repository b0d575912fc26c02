/** What is to be done with the bytes that came. */
export interface Sorted {
  /** All bytes of packets that are no PUBACK, unchanged. */
  readonly others: readonly Uint8Array[];
  /** Reason code 0 where the PUBACK has none (3.1.1; MQTT 5, 3.4.2.1). */
  readonly pubacks: readonly { readonly id: number; readonly reasonCode: number }[];
  /** Present when the bytes cannot be followed any further; nothing after it counts. */
  readonly wrong?: string;
}

const PUBACK = 0x4;

/**
 * Sorts a stream of MQTT packets into acknowledgements and the rest, and keeps nothing of either but at most three
 * bytes. Knows a packet that is too long by its length, before its bytes come: 3.1.1 has no way to tell a peer a
 * limit, and a length may say 256 MB (MQTT 5, 2.1.4).
 */
export class InboundPackets {
  readonly #maxBytes: number;
  /** Where in the fixed header: 0 the packet's type, 1 to 4 its length. */
  #headerByte = 0;
  #isPuback = false;
  #length = 0;
  /** Bytes of the packet's body that are still to come. */
  #remaining = 0;
  /** Of a PUBACK's body: identifier and reason code. */
  #body: number[] = [];

  /** @param maxBytes  Of one packet, its fixed header not counted. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  sort(chunk: Uint8Array): Sorted {
    const others: Uint8Array[] = [];
    const pubacks: { id: number; reasonCode: number }[] = [];
    /** Where the bytes begin that are not handed on yet and belong to no PUBACK. */
    let from = 0;
    let at = 0;
    while (at < chunk.length) {
      if (this.#remaining === 0) {
        if (this.#headerByte === 0) {
          this.#isPuback = (chunk[at] ?? 0) >> 4 === PUBACK;
          if (this.#isPuback && at > from) others.push(chunk.subarray(from, at));
        }
        const wrong = this.#header(chunk[at] ?? 0);
        if (wrong !== undefined) return { others, pubacks, wrong };
        at += 1;
      } else {
        const end = Math.min(chunk.length, at + this.#remaining);
        if (this.#isPuback) for (let i = at; i < end && this.#body.length < 3; i += 1) this.#body.push(chunk[i] ?? 0);
        this.#remaining -= end - at;
        at = end;
      }
      if (!this.#isPuback) continue;
      from = at;
      if (this.#remaining === 0 && this.#headerByte === 0) pubacks.push(this.#puback());
    }
    if (from < chunk.length) others.push(from === 0 ? chunk : chunk.subarray(from));
    return { others, pubacks };
  }

  #header(byte: number): string | undefined {
    if (this.#headerByte === 0) {
      this.#headerByte = 1;
      this.#length = 0;
      return undefined;
    }
    this.#length += (byte & 0x7f) * 128 ** (this.#headerByte - 1);
    if (byte >= 0x80) {
      this.#headerByte += 1;
      return this.#headerByte > 4 ? "a packet's length has more than 4 bytes" : undefined;
    }
    this.#headerByte = 0;
    this.#remaining = this.#length;
    if (this.#length > this.#maxBytes) return `a packet of ${this.#length} bytes, at most ${this.#maxBytes}`;
    return this.#isPuback && this.#length < 2 ? "a PUBACK without an identifier" : undefined;
  }

  #puback(): { id: number; reasonCode: number } {
    const [high = 0, low = 0, reasonCode = 0] = this.#body;
    this.#body = [];
    return { id: high * 256 + low, reasonCode };
  }
}
