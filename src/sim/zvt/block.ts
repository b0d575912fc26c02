// PA00P016 on a serial line:  10 02  APDU, every 10 doubled  10 03  CRC low  CRC high.  ACK and NAK are single bytes between
// blocks. Bit by bit and byte by byte: slow, and nothing of the driver's.

export const ACK = 0x06;
export const NAK = 0x15;
const DLE = 0x10;
const STX = 0x02;
const ETX = 0x03;

/** Polynomial 8408, start 0: over the APDU as it was before doubling, and the 03. */
function checksum(apdu: readonly number[]): number {
  let crc = 0;
  for (const byte of [...apdu, ETX]) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (crc % 2 === 1 ? 0x8408 : 0);
  }
  return crc;
}

/** @param damage  What the checksum is wrong by. */
export function block(apdu: Uint8Array, damage = 0): Uint8Array {
  const crc = checksum([...apdu]) ^ damage;
  const doubled = [...apdu].flatMap((byte) => (byte === DLE ? [DLE, DLE] : [byte]));
  return Uint8Array.of(DLE, STX, ...doubled, DLE, ETX, crc & 0xff, crc >> 8);
}

export type Heard = { readonly what: "ack" | "nak" | "damaged" } | { readonly what: "apdu"; readonly apdu: Uint8Array };

/** An APDU has at most 65,535 bytes of data and five before them. */
const LONGEST = 65_540;

/** Takes one byte at a time. */
export class BlockEar {
  #apdu: number[] | undefined;
  #escaped = false;
  /** Bytes of the checksum that are there; undefined before the end of the data. */
  #crc: number[] | undefined;

  get isMidBlock(): boolean {
    return this.#apdu !== undefined;
  }

  /** What was begun will not be finished. */
  forget(): void {
    this.#apdu = undefined;
    this.#crc = undefined;
    this.#escaped = false;
  }

  take(byte: number): Heard | undefined {
    const apdu = this.#apdu;
    if (apdu === undefined) return this.#takeBetween(byte);
    if (this.#crc !== undefined) return this.#takeCrc(this.#crc, byte, apdu);
    if (!this.#escaped && byte === DLE) {
      this.#escaped = true;
      return undefined;
    }
    const escaped = this.#escaped;
    this.#escaped = false;
    if (escaped && byte === ETX) {
      this.#crc = [];
      return undefined;
    }
    if (escaped && byte === STX) {
      this.#apdu = [];
      return undefined;
    }
    if (apdu.length >= LONGEST || (escaped && byte !== DLE)) {
      this.forget();
      return { what: "damaged" };
    }
    apdu.push(byte);
    return undefined;
  }

  #takeBetween(byte: number): Heard | undefined {
    const escaped = this.#escaped;
    this.#escaped = byte === DLE;
    if (escaped && byte === STX) this.#apdu = [];
    if (byte === ACK) return { what: "ack" };
    return byte === NAK ? { what: "nak" } : undefined;
  }

  #takeCrc(crc: number[], byte: number, apdu: readonly number[]): Heard | undefined {
    crc.push(byte);
    const [low = 0, high] = crc;
    if (high === undefined) return undefined;
    this.forget();
    if (low + high * 0x100 !== checksum(apdu)) return { what: "damaged" };
    return { what: "apdu", apdu: Uint8Array.from(apdu) };
  }
}

/** APDUs of a TCP stream, told apart by their lengths. */
export class StreamEar {
  readonly #held: number[] = [];

  take(chunk: Uint8Array): Uint8Array[] {
    this.#held.push(...chunk);
    const whole: Uint8Array[] = [];
    for (;;) {
      const [, , short, low = 0, high] = this.#held;
      if (short === undefined || (short === 0xff && high === undefined)) return whole;
      const length = short === 0xff ? 5 + low + (high ?? 0) * 0x100 : 3 + short;
      if (this.#held.length < length) return whole;
      whole.push(Uint8Array.from(this.#held.splice(0, length)));
    }
  }
}
