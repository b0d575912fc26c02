import { byteAt } from "./bytes.ts";

/** One BER-TLV element; its value stands at `valueStart`..`end`. */
export interface Tlv {
  /** The tag's bytes as one number, e.g. 0x9f26. At most three bytes. */
  readonly tag: number;
  readonly valueStart: number;
  readonly end: number;
}

/**
 * Reads the element at `at`, skipping padding of 00 and FF before it (EMV 4.3 book 3, annex B).
 *
 * @returns undefined at `end` and when no whole element stands there.
 */
export function readTlv(bytes: Uint8Array, at: number, end: number): Tlv | undefined {
  let i = at;
  while (i < end && (byteAt(bytes, i) === 0x00 || byteAt(bytes, i) === 0xff)) i++;
  if (i >= end) return undefined;
  let tag = byteAt(bytes, i++);
  if ((tag & 0x1f) === 0x1f) {
    let more = true;
    for (let n = 0; n < 2 && more && i < end; n++) {
      const next = byteAt(bytes, i++);
      tag = (tag << 8) | next;
      more = (next & 0x80) !== 0;
    }
    if (more) return undefined;
  }
  if (i >= end) return undefined;
  let length = byteAt(bytes, i++);
  if (length > 0x7f) {
    const count = length & 0x7f;
    if (count === 0 || count > 2 || i + count > end) return undefined;
    length = 0;
    for (let n = 0; n < count; n++) length = (length << 8) | byteAt(bytes, i++);
  }
  return i + length > end ? undefined : { tag, valueStart: i, end: i + length };
}
