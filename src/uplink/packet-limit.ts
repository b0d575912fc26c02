/**
 * Follows the sizes of MQTT packets in a byte stream without keeping any of it, so that a peer cannot make a parser
 * hold an endless packet: 3.1.1 has no way to tell it a limit, and a length may say 256 MB (MQTT 5, 2.1.4).
 */
export class PacketLimit {
  readonly #maxBytes: number;
  /** Bytes of the present packet that are still to come; none while its length is being read. */
  #remaining = 0;
  #length = 0;
  /** Where in the fixed header: 0 the packet type, 1 to 4 the length. */
  #headerByte = 0;

  /** @param maxBytes  Of one packet, its fixed header not counted. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @returns what is wrong with the packet that goes too far, `undefined` while all is well. */
  accept(chunk: Uint8Array): string | undefined {
    let at = 0;
    while (at < chunk.length) {
      if (this.#remaining > 0) {
        const skipped = Math.min(this.#remaining, chunk.length - at);
        this.#remaining -= skipped;
        at += skipped;
        continue;
      }
      const wrong = this.#header(chunk[at] ?? 0);
      if (wrong !== undefined) return wrong;
      at += 1;
    }
    return undefined;
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
    return this.#length > this.#maxBytes ? `a packet of ${this.#length} bytes, at most ${this.#maxBytes}` : undefined;
  }
}
