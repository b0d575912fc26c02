import { dummyMac } from "../dummy-mac.ts";
import { type WireFraming, prefixBytes } from "./frames.ts";

// Writing the wire, the counterpart of wire.ts. Callers hand in whole fields, length bytes included.

/** Packed digits of even count. */
export function packed(digits: string): Buffer {
  return Buffer.from(digits, "hex");
}

/** LLVAR digits, padded with 0 at the right. */
export function llDigits(digits: string): Buffer {
  return packed(String(digits.length).padStart(2, "0") + evenRight(digits));
}

/** LLLVAR digits, padded with 0 at the right. */
export function lllDigits(digits: string): Buffer {
  return packed(String(digits.length).padStart(4, "0") + evenRight(digits));
}

/** Fixed text, padded with spaces. */
export function text(value: string, width: number): Buffer {
  return Buffer.from(value.padEnd(width), "latin1");
}

export function llText(value: string): Buffer {
  return Buffer.concat([packed(String(value.length).padStart(2, "0")), Buffer.from(value, "latin1")]);
}

export function lllBytes(value: Uint8Array): Buffer {
  return Buffer.concat([packed(String(value.length).padStart(4, "0")), value]);
}

function evenRight(digits: string): string {
  return digits.length % 2 === 0 ? digits : `${digits}0`;
}

/** One field and its bytes as they stand on the wire. Fields come in ascending order. */
export type RawField = readonly [de: number, bytes: Buffer];

export interface Envelope {
  readonly tpdu: Buffer;
  readonly header: Buffer;
  /** `good` adds a valid dummy DE64, `wrong` one that does not fit, `none` leaves it out. */
  readonly mac: "good" | "wrong" | "none";
}

/** A whole frame, length bytes included. */
export function composeWire(
  mti: string,
  fields: readonly RawField[],
  envelope: Envelope,
  framing: WireFraming,
): Buffer {
  const prefix = prefixBytes(framing);
  const bodyAt = prefix + envelope.tpdu.length + envelope.header.length;
  const withMac = envelope.mac !== "none";
  const size = fields.reduce((sum, [, bytes]) => sum + bytes.length, bodyAt + 10 + (withMac ? 8 : 0));
  const frame = Buffer.allocUnsafe(size);
  if (framing.length === "be16") frame.writeUInt16BE(size - prefix, 0);
  else frame.write(String(size - prefix).padStart(4, "0"), 0, "latin1");
  frame.set(envelope.tpdu, prefix);
  frame.set(envelope.header, prefix + envelope.tpdu.length);
  frame.write(mti, bodyAt, "hex");
  const bitmapAt = bodyAt + 2;
  frame.fill(0, bitmapAt, bitmapAt + 8);
  let at = bitmapAt + 8;
  for (const [de, bytes] of fields) {
    markPresent(frame, bitmapAt, de);
    frame.set(bytes, at);
    at += bytes.length;
  }
  if (withMac) {
    markPresent(frame, bitmapAt, 64);
    const mac = dummyMac(frame.subarray(bodyAt, at));
    frame.write(envelope.mac === "good" ? mac : altered(mac), at, "latin1");
  }
  return frame;
}

function markPresent(frame: Buffer, bitmapAt: number, de: number): void {
  const at = bitmapAt + ((de - 1) >> 3);
  frame[at] = (frame[at] ?? 0) | (0x80 >> ((de - 1) & 7));
}

/** Never equal to `mac`: the first character is exchanged for another hexadecimal digit. */
function altered(mac: string): string {
  return (mac.startsWith("0") ? "F" : "0") + mac.slice(1);
}
