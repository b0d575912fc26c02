import * as fc from "fast-check";
import { cardToken } from "../../../../src/domain/card.ts";
import { encodeMessage, type MessageContent } from "../../../../src/drivers/iso8583/codec/encode.ts";
import { FIELDS, type FieldSpec } from "../../../../src/drivers/iso8583/codec/fields.ts";
import type { Framing, Observation } from "../../../../src/drivers/iso8583/codec/observation.ts";
import { observe } from "../../../../src/drivers/iso8583/codec/observe.ts";
import type { FieldValue, RawMessage } from "../../../../src/drivers/iso8583/codec/raw-message.ts";

export const USUAL: Framing = { length: "be16", tpdu: true, headerBytes: 6, maxFrameBytes: 4096 };
/** No run of digits that an invented card could share. */
export const TOKEN = cardToken("a0b1c2d3e4f5a6b7");

/** A frame with these fields and the usual wrapping. */
export function frameOf(mti: string, fields: MessageContent["fields"]): Uint8Array {
  return encodeMessage({ mti, tpdu: "6000030000", header: "603100310100", fields }, USUAL);
}

export function seen(frame: Uint8Array, framing: Framing = USUAL): Observation {
  return observe(frame, framing, () => TOKEN);
}

/** What was observed of a message with these fields. */
export function observed(mti: string, fields: MessageContent["fields"]): Observation {
  return seen(frameOf(mti, fields));
}

export const framings: fc.Arbitrary<Framing> = fc.record({
  length: fc.constantFrom("be16" as const, "ascii4" as const),
  tpdu: fc.boolean(),
  headerBytes: fc.constantFrom(0, 6, 12),
  maxFrameBytes: fc.constantFrom(64, 300, 4096, 65_537),
});

function digits(min: number, max: number, alphabet = "0123456789"): fc.Arbitrary<string> {
  const digit = fc.constantFrom(...alphabet.split(""));
  return fc.array(digit, { minLength: min, maxLength: max }).map((all) => all.join(""));
}

/** A value that the field takes, in every form that there is for it. */
function valueOf(spec: FieldSpec): fc.Arbitrary<FieldValue> {
  const min = spec.length === "fixed" ? spec.max : 0;
  const max = Math.min(spec.max, 120);
  const bytes = fc.uint8Array({ minLength: min, maxLength: Math.max(min, max) });
  if (spec.kind === "b") return bytes;
  if (spec.kind === "an" || spec.kind === "ans") {
    const char = fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code));
    return fc.oneof(
      fc.array(char, { minLength: min, maxLength: Math.max(min, max) }).map((all) => all.join("")),
      bytes,
    );
  }
  const plain = spec.kind === "z" ? digits(min, max, "0123456789D=") : digits(min, max);
  return fc.oneof(plain, fc.record({ digits: plain, pad: fc.constantFrom("0", "F", "D") }));
}

const SPECS = FIELDS.filter((spec) => spec !== undefined);

const fieldMaps: fc.Arbitrary<ReadonlyMap<number, FieldValue>> = fc
  .subarray(SPECS)
  .chain((specs) => fc.tuple(...specs.map((spec) => valueOf(spec).map((value) => [spec.de, value] as const))))
  .map((entries) => new Map(entries));

/** Any message that the field table allows, with a framing that wraps it. */
export const wrappedMessages: fc.Arbitrary<{ readonly message: RawMessage; readonly framing: Framing }> =
  framings.chain((framing) =>
    fc
      .record({
        mti: digits(4, 4),
        tpdu: digits(10, 10, "0123456789ABCDEF"),
        header: digits(2 * framing.headerBytes, 2 * framing.headerBytes, "0123456789ABCDEF"),
        fields: fieldMaps,
      })
      .map(({ mti, tpdu, header, fields }) => ({
        framing,
        message: { mti, ...(framing.tpdu && { tpdu }), ...(header !== "" && { header }), fields },
      })),
  );
