import { assertNever } from "../../../domain/assert-never.ts";
import { asciiText } from "../../wire/ascii.ts";
import { decimalText, firstNotDecimal } from "../../wire/bcd.ts";
import { gbkText } from "../../wire/gbk.ts";
import { withoutCardNumbers } from "../../wire/card-number-finder.ts";
import { indexFields } from "./field-index.ts";
import { FIELDS, type FieldSpec } from "./fields.ts";
import { fieldsOffset, mtiOffset } from "./framing.ts";
import { headOf } from "./head.ts";
import { endFault } from "./message-end.ts";
import type { DecodeError, Framing } from "./observation.ts";
import { firstDigit } from "./packed-field.ts";

/** One field as far as it may be shown. Offsets count from the frame's first byte. */
export interface DecodedField {
  readonly de: number;
  /** Of the length prefix where the field has one, else of the value. */
  readonly start: number;
  readonly valueStart: number;
  readonly end: number;
  /** Digits or bytes, as the field counts. */
  readonly length: number;
  /** Digits or text. `undefined` for a sensitive field, of which presence and length is all that is told. */
  readonly value: string | undefined;
}

/** A whole message as far as it may be shown: for a person who looks for what is wrong with it. */
export interface Decoded {
  /** Four digits, or empty when they could not be read. */
  readonly mti: string;
  /** Hexadecimal. */
  readonly tpdu: string | undefined;
  readonly header: string | undefined;
  readonly fields: readonly DecodedField[];
  readonly error: DecodeError | undefined;
  /** Offset of the first byte that was not read; the frame's length when all was. */
  readonly rest: number;
}

/**
 * Decodes every field of a frame, length bytes included. Never throws: what cannot be read ends the message, and `error`
 * says at which field and offset.
 */
export function decodeMessage(frame: Uint8Array, framing: Framing): Decoded {
  const mtiAt = mtiOffset(framing);
  const bitmap = mtiAt + 2;
  if (frame.length < fieldsOffset(framing)) {
    return nothing(0, { de: frame.length < bitmap ? 0 : 1, offset: frame.length, reason: "truncated" });
  }
  const { mti, tpdu, header } = headOf(frame, framing);
  if (mti === "") return { ...nothing(mtiAt, { de: 0, offset: mtiAt, reason: "badDigit" }), tpdu, header };
  const index = indexFields(frame, bitmap);
  const fields: DecodedField[] = [];
  let start = bitmap + 8;
  for (const de of index.announced) {
    const spec = FIELDS[de];
    if (spec === undefined || !index.has(de)) break;
    const valueStart = index.valueStart(de);
    const length = index.length(de);
    const end = index.valueEnd(de);
    const bad = badDigit(spec, frame, valueStart, length);
    if (bad >= 0) {
      const error = { de, offset: bad, reason: "badDigit" };
      return { mti, tpdu, header, fields, error, rest: start };
    }
    fields.push({ de, start, valueStart, end, length, value: shown(spec, frame, valueStart, length) });
    start = end;
  }
  return { mti, tpdu, header, fields, error: index.error ?? endFault(frame, framing, index), rest: index.end };
}

function nothing(rest: number, error: DecodeError): Decoded {
  return { mti: "", tpdu: undefined, header: undefined, fields: [], error, rest };
}

/** Offset of the first byte with a digit that is none, or -1. What a sensitive field holds may be encrypted. */
function badDigit(spec: FieldSpec, frame: Uint8Array, at: number, count: number): number {
  if (spec.kind !== "n" || spec.exposure === "sensitive") return -1;
  const nibble = firstNotDecimal(frame, firstDigit(frame, at, count, spec.align), count);
  return nibble < 0 ? -1 : nibble >> 1;
}

function shown(spec: FieldSpec, frame: Uint8Array, at: number, length: number): string | undefined {
  if (spec.exposure === "sensitive") return undefined;
  const text = textOf(spec, frame, at, length);
  return spec.exposure === "freeText" && text !== undefined ? withoutCardNumbers(text) : text;
}

function textOf(spec: FieldSpec, frame: Uint8Array, at: number, length: number): string | undefined {
  switch (spec.charset) {
    case "packed":
      return decimalText(frame, firstDigit(frame, at, length, spec.align), length);
    case "ascii":
      return asciiText(frame, at, at + length);
    case "gbk":
      return gbkText(frame, at, at + length);
    case "bytes":
      return undefined;
    default:
      return assertNever(spec.charset);
  }
}
