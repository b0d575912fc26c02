import { bmpLength } from "./bmp.ts";

// Building fields. What does not fit is a bug of the caller, never bad input.

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Packed digits, right aligned with zeros before them. @throws RangeError when there are too many, or others than digits. */
export function bcd(digits: string | number, bytes: number): Uint8Array {
  const text = String(digits).padStart(2 * bytes, "0");
  if (text.length > 2 * bytes || !/^\d*$/.test(text)) throw new RangeError(`not ${2 * bytes} digits`);
  return Uint8Array.from({ length: bytes }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
}

/** @throws RangeError for other characters than ASCII. */
export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (code > 0x7f) throw new RangeError("not ASCII");
    return code;
  });
}

/** One field with the length prefix that its name wants. @throws RangeError when the value has not the name's length. */
export function bmp(name: number, value: Uint8Array): Uint8Array {
  const length = bmpLength(name);
  if (length === undefined) throw new RangeError(`no such BMP: ${name}`);
  if (length === "tlv") return joined(Uint8Array.of(name), berBytes(value.length), value);
  if (typeof length === "number") {
    if (value.length !== length) throw new RangeError(`BMP ${name} has ${length} bytes, not ${value.length}`);
    return joined(Uint8Array.of(name), value);
  }
  return joined(Uint8Array.of(name), llBytes(value.length, length === "ll" ? 2 : 3), value);
}

/** `Fx Fy` or `Fx Fy Fz`. */
export function llBytes(value: number, digits: 2 | 3): Uint8Array {
  const text = String(value).padStart(digits, "0");
  if (text.length > digits) throw new RangeError(`${value} bytes are too many`);
  return Uint8Array.from(text, (digit) => 0xf0 | Number(digit));
}

/** One BER-TLV element. @param tag  Its bytes as one number, e.g. 0x1f44. */
export function tlv(tag: number, ...values: readonly Uint8Array[]): Uint8Array {
  const value = joined(...values);
  const name = tag > 0xffff ? [tag >> 16, tag >> 8, tag] : tag > 0xff ? [tag >> 8, tag] : [tag];
  return joined(
    Uint8Array.from(name, (byte) => byte & 0xff),
    berBytes(value.length),
    value,
  );
}

function berBytes(length: number): Uint8Array {
  if (length > 0xffff) throw new RangeError(`${length} bytes are too many`);
  if (length <= 0x7f) return Uint8Array.of(length);
  return length <= 0xff ? Uint8Array.of(0x81, length) : Uint8Array.of(0x82, length >> 8, length & 0xff);
}
