import { nibbleText } from "../../wire/bcd.ts";
import { indexFields } from "./field-index.ts";
import { type Alignment, countsDigits, FIELDS, type FieldSpec } from "./fields.ts";
import { fieldsOffset, mtiOffset } from "./framing.ts";
import { headOf } from "./head.ts";
import { endFault } from "./message-end.ts";
import type { DecodeError, Framing } from "./observation.ts";
import { alignmentAt, firstDigit } from "./packed-field.ts";

// Whole messages, card data in the clear. Only the simulated terminals, the encoder and tests may import this file and
// `encode.ts`: what is observed leaves the codec as an `Observation`, what a person looks at as a `Decoded`.

/** Digits as they stand on the wire, for what a plain string does not say: other nibbles, another pad, the other end. */
export interface PackedDigits {
  /** Hexadecimal in upper case; `D` is the separator of a track. */
  readonly digits: string;
  /** What stands in the free nibble of an odd number of digits; the table's when left out. */
  readonly pad?: string;
  readonly align?: Alignment;
}

/**
 * One field's content. `n` and `z`: the digits (a track's separator as `D` or `=`). `an` and `ans`: ASCII text, or bytes
 * for any other. `b`: bytes.
 */
export type FieldValue = string | Uint8Array | PackedDigits;

/** A message without its wrapping. */
export interface RawMessage {
  /** Four digits. */
  readonly mti: string;
  /** Ten hexadecimal digits; there if and only if the framing has it. */
  readonly tpdu?: string;
  /** Two hexadecimal digits for each of the framing's `headerBytes`; left out when that is 0. */
  readonly header?: string;
  readonly fields: ReadonlyMap<number, FieldValue>;
}

export interface Parsed {
  readonly message: RawMessage;
  /** Set when the frame could only be read so far; the message is then not the whole frame. */
  readonly error?: DecodeError;
}

/**
 * Takes a frame apart so that `encodeMessage` makes the same frame of it, byte for byte: pad nibbles, alignment and texts
 * are kept as they are. Never throws.
 */
export function parseMessage(frame: Uint8Array, framing: Framing): Parsed {
  const mtiAt = mtiOffset(framing);
  const bitmap = mtiAt + 2;
  const fields = new Map<number, FieldValue>();
  if (frame.length < fieldsOffset(framing)) {
    const error = { de: frame.length < bitmap ? 0 : 1, offset: frame.length, reason: "truncated" };
    return { message: { mti: "", fields }, error };
  }
  const { mti, tpdu, header } = headOf(frame, framing);
  const message = { mti, ...(tpdu !== undefined && { tpdu }), ...(header !== undefined && { header }), fields };
  if (mti === "") return { message, error: { de: 0, offset: mtiAt, reason: "badDigit" } };
  const index = indexFields(frame, bitmap);
  for (const de of index.announced) {
    const spec = FIELDS[de];
    if (spec === undefined || !index.has(de)) break;
    fields.set(de, content(spec, frame, index.valueStart(de), index.length(de)));
  }
  const error = index.error ?? endFault(frame, framing, index);
  return error === undefined ? { message } : { message, error };
}

function content(spec: FieldSpec, frame: Uint8Array, at: number, length: number): FieldValue {
  // A copy, whatever the frame is: a Buffer's own `slice` shares its memory.
  if (!countsDigits(spec)) return new Uint8Array(frame.subarray(at, at + length));
  const digits = nibbleText(frame, firstDigit(frame, at, length, spec.align), length);
  if (length % 2 === 0) return { digits };
  const align = alignmentAt(frame, at, length, spec.align);
  return { digits, align, pad: nibbleText(frame, align === "left" ? 2 * at + length : 2 * at, 1) };
}
