import { byteAt, uint16At } from "../../wire/bytes.ts";
import type { Framing } from "./observation.ts";

const TPDU_BYTES = 5;
const MTI_BYTES = 2;
const BITMAP_BYTES = 8;

export function lengthBytes(framing: Framing): number {
  return framing.length === "be16" ? 2 : 4;
}

/** Offset of the MTI in a frame. */
export function mtiOffset(framing: Framing): number {
  return lengthBytes(framing) + (framing.tpdu ? TPDU_BYTES : 0) + framing.headerBytes;
}

/** Offset of the first field in a frame: also the shortest frame, for a length below that is no message (reference 1.1). */
export function fieldsOffset(framing: Framing): number {
  return mtiOffset(framing) + MTI_BYTES + BITMAP_BYTES;
}

/** Bytes that follow the length bytes at `at`, as they say; -1 when they are not digits. */
export function followingBytes(bytes: Uint8Array, at: number, framing: Framing): number {
  if (framing.length === "be16") return uint16At(bytes, at);
  let value = 0;
  for (let i = at; i < at + 4; i++) {
    const digit = byteAt(bytes, i) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** A frame of length zero: a sign of life on an idle line, no message. */
export function isKeepAlive(frame: Uint8Array, framing: Framing): boolean {
  return frame.length === lengthBytes(framing);
}
