// What the simulated terminal writes (PA00P015, chapters 1 and 8): code of its own, so that the driver's codec cannot prove itself.

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** Packed digits with zeros before them; what does not fit loses its first digits, as a display would. */
export function bcd(value: number | string, bytes: number): Uint8Array {
  const digits = String(value)
    .padStart(2 * bytes, "0")
    .slice(-2 * bytes);
  return Uint8Array.from({ length: bytes }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}

export function field(name: number, ...value: readonly Uint8Array[]): Uint8Array {
  return joined(Uint8Array.of(name), ...value);
}

export function byteField(name: number, value: number): Uint8Array {
  return Uint8Array.of(name, value);
}

/** A field with its length before it, as `Fx Fy` or `Fx Fy Fz`. */
export function countedField(name: number, digits: 2 | 3, value: Uint8Array): Uint8Array {
  const length = String(value.length).padStart(digits, "0");
  return field(
    name,
    Uint8Array.from(length, (digit) => 0xf0 + Number(digit)),
    value,
  );
}

/** BMP 06; nothing when there is nothing in it. */
export function container(...elements: readonly Uint8Array[]): Uint8Array {
  const value = joined(...elements);
  return value.length === 0 ? value : field(0x06, berLength(value.length), value);
}

/** @param tag  Its bytes as one number, e.g. 0x1f12. */
export function tlv(tag: number, ...values: readonly Uint8Array[]): Uint8Array {
  const value = joined(...values);
  return joined(Uint8Array.from(tag > 0xff ? [tag >> 8, tag & 0xff] : [tag]), berLength(value.length), value);
}

function berLength(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length);
  return length < 0x100 ? Uint8Array.of(0x81, length) : Uint8Array.of(0x82, length >> 8, length & 0xff);
}

/** One APDU. From 255 bytes of data on the length takes two bytes more, low one first. */
export function message(command: number, ...data: readonly Uint8Array[]): Uint8Array {
  const body = joined(...data);
  const { length } = body;
  const head = length < 0xff ? [length] : [0xff, length & 0xff, length >> 8];
  return joined(Uint8Array.of(command >> 8, command & 0xff, ...head), body);
}

export const POSITIVE = message(0x8000);

export function negative(code: number): Uint8Array {
  return message(0x8400 + code);
}

/** German letters that are not where ASCII has its own (code page 437). */
const CP437: Readonly<Record<string, number>> = {
  ä: 0x84,
  ö: 0x94,
  ü: 0x81,
  Ä: 0x8e,
  Ö: 0x99,
  Ü: 0x9a,
  ß: 0xe1,
};

export function text(value: string, charset: "cp437" | "utf8"): Uint8Array {
  if (charset === "utf8") return new TextEncoder().encode(value);
  return Uint8Array.from(value, (character) => CP437[character] ?? character.charCodeAt(0) & 0x7f);
}
