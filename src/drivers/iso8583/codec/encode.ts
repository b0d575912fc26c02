import { byteAt } from "../../wire/bytes.ts";
import {
  type Alignment,
  countsDigits,
  FIELD_NUMBERS,
  type FieldNumber,
  FIELDS,
  type FieldSpec,
  valueBytes,
} from "./fields.ts";
import { lengthBytes } from "./framing.ts";
import type { Framing } from "./observation.ts";
import type { FieldValue, RawMessage } from "./raw-message.ts";

// See raw-message.ts for who may import this.

/** A {@link RawMessage}, or one whose fields are written as an object: `{ 3: "000000", 4: "000000012345" }`. */
export type MessageContent = Omit<RawMessage, "fields"> & {
  readonly fields: ReadonlyMap<number, FieldValue> | Readonly<Partial<Record<FieldNumber, FieldValue>>>;
};

const TPDU_DIGITS = 10;
const MTI_DIGITS = 4;
const BITMAP_BYTES = 8;
const LONGEST_HEAD = 4 + 5 + 64 + 2 + BITMAP_BYTES;
const LONGEST_PREFIX = 2;
const LONGEST_MESSAGE = FIELDS.reduce(
  (sum, spec) => sum + (spec === undefined ? 0 : LONGEST_PREFIX + valueBytes(spec, spec.max)),
  LONGEST_HEAD,
);

/** Where a message is put together; wiped after each, because it holds a card number then. */
const scratch = new Uint8Array(LONGEST_MESSAGE);

/**
 * Makes a frame, length bytes included. Numbers of digits and bytes must be exact: nothing is padded to a field's length
 * but the free nibble of an odd number of digits.
 *
 * @throws RangeError naming field and rule, never the value, when a value does not fit its field.
 */
export function encodeMessage(message: MessageContent, framing: Framing): Uint8Array {
  let end = scratch.length;
  try {
    end = writeMessage(message, framing);
    return Buffer.copyBytesFrom(scratch, 0, end);
  } finally {
    scratch.fill(0, 0, end);
  }
}

function writeMessage(message: MessageContent, framing: Framing): number {
  const start = lengthBytes(framing);
  let at = writeHead("TPDU", message.tpdu, framing.tpdu ? TPDU_DIGITS : 0, start);
  at = writeHead("header", message.header, 2 * framing.headerBytes, at);
  at = writeHead("MTI", message.mti, MTI_DIGITS, at);
  const bitmap = at;
  at += BITMAP_BYTES;
  const { fields } = message;
  let written = 0;
  for (const de of FIELD_NUMBERS) {
    const value = isMap(fields) ? fields.get(de) : fields[de];
    const spec = FIELDS[de];
    if (value === undefined || spec === undefined) continue;
    at = writeField(spec, value, at);
    const bit = bitmap + ((de - 1) >> 3);
    scratch[bit] = byteAt(scratch, bit) | (0x80 >> ((de - 1) & 7));
    written++;
  }
  if (isMap(fields) && written < fields.size)
    throw new RangeError("fields: a number that the field table does not have");
  writeLength(framing, at - start);
  return at;
}

function isMap(fields: MessageContent["fields"]): fields is ReadonlyMap<number, FieldValue> {
  return fields instanceof Map;
}

function writeHead(what: string, digits: string | undefined, count: number, at: number): number {
  if ((digits ?? "").length !== count) {
    throw new RangeError(`${what}: takes ${count} hexadecimal digits by this framing, got ${digits?.length ?? "none"}`);
  }
  if (!packDigits(digits ?? "", ANY_NIBBLE, 2 * at)) throw new RangeError(`${what}: takes hexadecimal digits`);
  return at + count / 2;
}

/** The longest message that the field table allows has fewer than 9,999 bytes: four digits count it. */
function writeLength(framing: Framing, following: number): void {
  if (framing.length === "be16") {
    scratch[0] = following >> 8;
    scratch[1] = following & 0xff;
    return;
  }
  const digits = String(following).padStart(4, "0");
  for (let i = 0; i < 4; i++) scratch[i] = digits.charCodeAt(i);
}

function writeField(spec: FieldSpec, value: FieldValue, at: number): number {
  if (!countsDigits(spec)) return writeBytes(spec, value, at);
  if (value instanceof Uint8Array) throw fault(spec, "takes digits, not bytes");
  if (typeof value === "string") {
    return writeDigits(spec, value, spec.kind === "z" ? DECIMAL | SEPARATOR : DECIMAL, spec.align, spec.pad, at);
  }
  return writeDigits(spec, value.digits, ANY_NIBBLE, value.align ?? spec.align, value.pad ?? spec.pad, at);
}

function writeDigits(
  spec: FieldSpec,
  digits: string,
  allowed: number,
  align: Alignment,
  pad: string,
  at: number,
): number {
  const valueStart = writePrefix(spec, digits.length, "digits", at);
  const odd = (digits.length & 1) === 1;
  const first = 2 * valueStart + (odd && align === "right" ? 1 : 0);
  if (!packDigits(digits, allowed, first)) {
    throw fault(spec, spec.kind === "z" ? "takes digits and one separator" : "takes decimal digits");
  }
  if (!odd) return valueStart + (digits.length >> 1);
  if (pad.length !== 1 || !packDigits(pad, ANY_NIBBLE, align === "right" ? 2 * valueStart : first + digits.length)) {
    throw fault(spec, "takes one hexadecimal digit as pad");
  }
  return valueStart + ((digits.length + 1) >> 1);
}

function writeBytes(spec: FieldSpec, value: FieldValue, at: number): number {
  if (typeof value === "string") {
    if (spec.kind === "b") throw fault(spec, "takes bytes, not text");
    const valueStart = writePrefix(spec, value.length, "bytes", at);
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) throw fault(spec, "takes ASCII as text; hand other text in as bytes, in GBK");
      scratch[valueStart + i] = code;
    }
    return valueStart + value.length;
  }
  if (!(value instanceof Uint8Array)) throw fault(spec, "takes bytes or text, not digits");
  const valueStart = writePrefix(spec, value.length, "bytes", at);
  scratch.set(value, valueStart);
  return valueStart + value.length;
}

/** @returns where the value starts. */
function writePrefix(spec: FieldSpec, length: number, unit: string, at: number): number {
  if (length > spec.max) throw fault(spec, `takes at most ${spec.max} ${unit}, got ${length}`);
  if (spec.length === "fixed") {
    if (length !== spec.max) throw fault(spec, `takes exactly ${spec.max} ${unit}, got ${length}`);
    return at;
  }
  let next = at;
  if (spec.length === "LLL") scratch[next++] = Math.trunc(length / 100);
  const rest = length % 100;
  scratch[next++] = (Math.trunc(rest / 10) << 4) | (rest % 10);
  return next;
}

function fault(spec: FieldSpec, rule: string): RangeError {
  return new RangeError(`field ${spec.de} (${spec.name}): ${rule}`);
}

/** Nibbles that may stand in a value: bit n for nibble n. */
const DECIMAL = 0x03ff;
const SEPARATOR = 1 << 0xd;
const ANY_NIBBLE = 0xffff;

/** Char code to nibble; 16 for what is no hexadecimal digit. `=` is how a track's separator is written in text. */
const NOT_A_DIGIT = 16;
const NIBBLE = Uint8Array.from({ length: 128 }, (_, code) => {
  const char = String.fromCharCode(code);
  return char === "=" ? 0xd : /[0-9A-Fa-f]/.test(char) ? Number.parseInt(char, 16) : NOT_A_DIGIT;
});

/** Writes digits from a nibble index on, into bytes that were 0; false when one is none of `allowed`. */
function packDigits(digits: string, allowed: number, index: number): boolean {
  for (let i = 0; i < digits.length; i++) {
    const nibble = NIBBLE[digits.charCodeAt(i)] ?? NOT_A_DIGIT;
    if (((allowed >> nibble) & 1) === 0) return false;
    const at = (index + i) >> 1;
    scratch[at] = byteAt(scratch, at) | (((index + i) & 1) === 0 ? nibble << 4 : nibble);
  }
  return true;
}
