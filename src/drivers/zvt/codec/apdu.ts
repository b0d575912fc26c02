import { byteAt, uint16At } from "../../wire/bytes.ts";

// PA00P015, chapter 1: CLASS INSTR LEN data. Up to 254 bytes LEN says how many; FF means that two bytes follow, low one first.

const EXTENDED = 0xff;
const SHORT_HEAD = 3;
const LONG_HEAD = 5;

/** Bytes of the longest APDU that can be written. */
export const LONGEST_APDU = LONG_HEAD + 0xffff;

/** CLASS and INSTR as one number, e.g. 0x060f. */
export function commandOf(apdu: Uint8Array): number {
  return uint16At(apdu, 0);
}

/** Offset of the data; 0 while too little is there to know. */
export function headBytes(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < SHORT_HEAD) return 0;
  if (byteAt(bytes, at + 2) !== EXTENDED) return SHORT_HEAD;
  return end - at < LONG_HEAD ? 0 : LONG_HEAD;
}

/** Length of the whole APDU that begins at `at`; 0 while too little is there to know. */
export function apduBytes(bytes: Uint8Array, at: number, end: number): number {
  const head = headBytes(bytes, at, end);
  if (head === 0) return 0;
  if (head === SHORT_HEAD) return head + byteAt(bytes, at + 2);
  return head + byteAt(bytes, at + 3) + (byteAt(bytes, at + 4) << 8);
}

/**
 * @param command  CLASS and INSTR as one number.
 * @throws RangeError when there are more than 65,535 bytes of data.
 */
export function encodeApdu(command: number, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const { length } = data;
  if (length > 0xffff) throw new RangeError(`an APDU cannot carry ${length} bytes`);
  const long = length >= EXTENDED;
  const apdu = new Uint8Array((long ? LONG_HEAD : SHORT_HEAD) + length);
  apdu[0] = command >> 8;
  apdu[1] = command & 0xff;
  apdu[2] = long ? EXTENDED : length;
  if (long) {
    apdu[3] = length & 0xff;
    apdu[4] = length >> 8;
  }
  apdu.set(data, apdu.length - length);
  return apdu;
}
