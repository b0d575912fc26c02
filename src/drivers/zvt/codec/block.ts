import { byteAt } from "../../wire/bytes.ts";
import { apduBytes, LONGEST_APDU } from "./apdu.ts";
import { crcOf, crcStep } from "./crc.ts";

// PA00P016, serial:  10 02  APDU with every 10 doubled  10 03  CRC low  CRC high.  The CRC is over APDU and 03, its own
// bytes are never doubled. ACK and NAK are bare bytes, and only outside of a block.

const DLE = 0x10;
const STX = 0x02;
const ETX = 0x03;
export const ACK = 0x06;
export const NAK = 0x15;

export function encodeBlock(apdu: Uint8Array): Uint8Array {
  let doubled = 0;
  for (const byte of apdu) if (byte === DLE) doubled++;
  const block = new Uint8Array(apdu.length + doubled + 6);
  block[0] = DLE;
  block[1] = STX;
  let at = 2;
  for (const byte of apdu) {
    block[at++] = byte;
    if (byte === DLE) block[at++] = DLE;
  }
  const crc = crcStep(crcOf(apdu), ETX);
  block[at++] = DLE;
  block[at++] = ETX;
  block[at++] = crc & 0xff;
  block[at] = crc >> 8;
  return block;
}

/** Why a block is not taken. After `restarted` its sender is already sending the next one. */
export type BadBlock = "crc" | "length" | "escape" | "overflow" | "timeout" | "restarted";

export type BlockItem =
  /** A good block's APDU; the taker wipes it. */
  | { readonly kind: "apdu"; readonly apdu: Uint8Array }
  | { readonly kind: "ack" }
  | { readonly kind: "nak" }
  | { readonly kind: "bad"; readonly why: BadBlock }
  /** So many bytes outside of blocks that mean nothing. */
  | { readonly kind: "noise"; readonly bytes: number };

/** In `lost` the end of a block is not known any more: until the line is silent, no byte of it may count as ACK or NAK. */
type Place = "idle" | "idleDle" | "data" | "dataDle" | "crcLow" | "crcHigh" | "lost" | "lostDle";

/** Set aside at first. Bytes. */
const USUAL = 512;

/** Reads blocks byte by byte; holds at most `maxBytes` of one, whatever comes. */
export class BlockReader {
  readonly #maxBytes: number;
  #place: Place = "idle";
  #data: Uint8Array;
  #length = 0;
  #crc = 0;
  #crcLow = 0;
  #noise = 0;
  /** Bytes came that mean nothing: what follows without a pause may be the inside of a block whose head was spoilt. */
  #noisy = false;
  #lostBy: BadBlock = "escape";

  constructor(maxBytes = LONGEST_APDU) {
    this.#maxBytes = maxBytes;
    this.#data = new Uint8Array(Math.min(USUAL, maxBytes));
  }

  /** Whether something has begun that is not ended: the only time in which T1 runs. */
  get midBlock(): boolean {
    return this.#place !== "idle" || this.#noisy;
  }

  push(chunk: Uint8Array): BlockItem[] {
    const out: BlockItem[] = [];
    let i = 0;
    while (i < chunk.length) {
      if (this.#place === "data" && byteAt(chunk, i) !== DLE) i = this.#addRun(chunk, i);
      else this.#take(byteAt(chunk, i++), out);
    }
    this.#tellNoise(out);
    return out;
  }

  /** T1 has passed since the last byte: what was begun will not be finished. */
  expire(): BlockItem[] {
    const out: BlockItem[] = [];
    switch (this.#place) {
      case "idle":
        break;
      case "idleDle":
        this.#noise++;
        break;
      case "lost":
      case "lostDle":
        out.push({ kind: "bad", why: this.#lostBy });
        break;
      case "data":
      case "dataDle":
      case "crcLow":
      case "crcHigh":
        out.push({ kind: "bad", why: "timeout" });
        break;
    }
    this.#tellNoise(out);
    this.#reset();
    return out;
  }

  /** Wipes what is held. */
  close(): void {
    this.#data.fill(0);
    this.#reset();
  }

  /** In `data` only for DLE. */
  #take(byte: number, out: BlockItem[]): void {
    switch (this.#place) {
      case "idle":
        return this.#takeIdle(byte, out);
      case "idleDle":
        if (byte === STX) return this.#begin(out);
        this.#meaningless();
        if (byte === DLE) return;
        this.#place = "idle";
        return this.#takeIdle(byte, out);
      case "data":
        this.#place = "dataDle";
        return;
      case "dataDle":
        return this.#takeEscaped(byte, out);
      case "crcLow":
        this.#crcLow = byte;
        this.#place = "crcHigh";
        return;
      case "crcHigh":
        return this.#finish(this.#crcLow | (byte << 8), out);
      case "lost":
        if (byte === DLE) this.#place = "lostDle";
        return;
      case "lostDle":
        if (byte === STX) return this.#restart(out);
        if (byte !== DLE) this.#place = "lost";
        return;
    }
  }

  #takeIdle(byte: number, out: BlockItem[]): void {
    if (byte === DLE) {
      this.#place = "idleDle";
    } else if (!this.#noisy && (byte === ACK || byte === NAK)) {
      out.push({ kind: byte === ACK ? "ack" : "nak" });
    } else {
      this.#meaningless();
    }
  }

  #takeEscaped(byte: number, out: BlockItem[]): void {
    if (byte === DLE) {
      this.#place = "data";
      this.#add(DLE);
    } else if (byte === ETX) {
      this.#place = "crcLow";
    } else if (byte === STX) {
      this.#restart(out);
    } else {
      this.#lose("escape");
    }
  }

  #restart(out: BlockItem[]): void {
    out.push({ kind: "bad", why: "restarted" });
    this.#begin(out);
  }

  #begin(out: BlockItem[]): void {
    this.#tellNoise(out);
    this.#reset();
    this.#place = "data";
    this.#crc = 0;
  }

  /** Takes the bytes from `at` to the next DLE. @returns where that is. */
  #addRun(chunk: Uint8Array, at: number): number {
    let end = at;
    while (end < chunk.length && chunk[end] !== DLE) end++;
    const length = this.#length + end - at;
    if (length > this.#maxBytes) {
      this.#lose("overflow");
      return end;
    }
    if (length > this.#data.length) this.#grow(length);
    let crc = this.#crc;
    for (let i = at; i < end; i++) {
      const byte = byteAt(chunk, i);
      this.#data[this.#length++] = byte;
      crc = crcStep(crc, byte);
    }
    this.#crc = crc;
    return end;
  }

  #add(byte: number): void {
    if (this.#length >= this.#maxBytes) return this.#lose("overflow");
    if (this.#length === this.#data.length) this.#grow(this.#length + 1);
    this.#data[this.#length++] = byte;
    this.#crc = crcStep(this.#crc, byte);
  }

  #grow(needed: number): void {
    const larger = new Uint8Array(Math.min(Math.max(needed, 2 * this.#data.length), this.#maxBytes));
    larger.set(this.#data);
    this.#data.fill(0);
    this.#data = larger;
  }

  #finish(crc: number, out: BlockItem[]): void {
    if (crc !== crcStep(this.#crc, ETX)) {
      out.push({ kind: "bad", why: "crc" });
    } else if (this.#length === 0 || apduBytes(this.#data, 0, this.#length) !== this.#length) {
      out.push({ kind: "bad", why: "length" });
    } else {
      out.push({ kind: "apdu", apdu: this.#data.slice(0, this.#length) });
    }
    this.#reset();
  }

  #lose(why: BadBlock): void {
    this.#reset();
    this.#place = "lost";
    this.#lostBy = why;
  }

  #reset(): void {
    this.#data.fill(0, 0, this.#length);
    this.#length = 0;
    this.#place = "idle";
    this.#noisy = false;
  }

  #meaningless(): void {
    this.#noise++;
    this.#noisy = true;
  }

  #tellNoise(out: BlockItem[]): void {
    if (this.#noise > 0) out.push({ kind: "noise", bytes: this.#noise });
    this.#noise = 0;
  }
}
