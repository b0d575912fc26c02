import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeMessage } from "../../../../src/drivers/iso8583/codec/decode.ts";
import { encodeMessage } from "../../../../src/drivers/iso8583/codec/encode.ts";
import { countsDigits, FIELDS } from "../../../../src/drivers/iso8583/codec/fields.ts";
import type { DecodeError, Framing } from "../../../../src/drivers/iso8583/codec/observation.ts";
import { parseMessage } from "../../../../src/drivers/iso8583/codec/raw-message.ts";
import { classify } from "../../../../src/drivers/iso8583/codec/transaction-kind.ts";
import { readWire, WireMessage } from "../../../../src/sim/acquirer/wire.ts";
import { framings, seen, wrappedMessages } from "./messages.ts";
import { VECTORS } from "./vectors.ts";

describe("any message", () => {
  test("is the same bytes again after it was taken apart and encoded", () => {
    fc.assert(
      fc.property(wrappedMessages, ({ message, framing }) => {
        const frame = encodeMessage(message, framing);
        const parsed = parseMessage(frame, framing);
        expect(parsed.error).toBeUndefined();
        // What was taken apart is a copy: the frame is wiped after use.
        const before = Buffer.from(frame);
        frame.fill(0);
        expect(encodeMessage(parsed.message, framing)).toEqual(before);
      }),
    );
  });

  test("shows as many digits as were put in, and nothing of a sensitive field", () => {
    fc.assert(
      fc.property(wrappedMessages, ({ message, framing }) => {
        for (const { de, length, value } of decodeMessage(encodeMessage(message, framing), framing).fields) {
          const spec = FIELDS[de];
          const put = message.fields.get(de);
          if (spec === undefined || put === undefined) throw new Error(`field ${de} came from nowhere`);
          const content = typeof put === "object" && "digits" in put ? put.digits : put;
          expect(length).toBe(content.length);
          if (spec.exposure === "sensitive") expect(value).toBeUndefined();
          else if (countsDigits(spec) && spec.exposure === "plain") expect(value).toBe(content);
        }
      }),
    );
  });

  test("reads the same in the simulated host's decoder, which shares nothing with ours", () => {
    fc.assert(
      fc.property(wrappedMessages, ({ message, framing }) => {
        const frame = encodeMessage(message, framing);
        const theirs = readWire(Buffer.from(frame), framing);
        if (!(theirs instanceof WireMessage)) {
          expect(theirs.reason).toBe("unknownField");
          return;
        }
        const { mti, fields } = decodeMessage(frame, framing);
        expect([theirs.mti, theirs.fields()]).toEqual([mti, fields.map(({ de }) => de)]);
        for (const { de, value, valueStart, end } of fields) {
          expect([de, theirs.content(de)]).toEqual([de, Buffer.from(frame.subarray(valueStart, end))]);
          const spec = FIELDS[de];
          if (spec?.charset === "packed" && spec.exposure === "plain" && de !== 22)
            expect(theirs.digits(de)).toBe(value);
        }
      }),
    );
  });
});

describe("damage", () => {
  test.each(VECTORS)("$name cut off anywhere says where it ends", ({ frame, framing }) => {
    for (let length = 0; length < frame.length; length++) {
      const error = allOf(frame.subarray(0, length), framing);
      expect(error, `${length} bytes`).toBeDefined();
    }
  });

  test.each(VECTORS)("$name with any one bit wrong gives a typed result", ({ frame, framing }) => {
    for (let bit = 0; bit < 8 * frame.length; bit++) {
      const damaged = Uint8Array.from(frame);
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      allOf(damaged, framing);
    }
  });

  test("any bytes at all give a typed result", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400, size: "max" }), framings, (bytes, framing) => {
        allOf(bytes, framing);
      }),
      { numRuns: 1_000 },
    );
  });

  test("any bytes after a sound head give a typed result", () => {
    const head = Buffer.from("60000300006031003101000200", "hex");
    const framing: Framing = { length: "be16", tpdu: true, headerBytes: 6, maxFrameBytes: 4096 };
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 400, size: "max" }), (bytes) => {
        allOf(Buffer.concat([Buffer.from([0, 13 + bytes.length]), head, bytes]), framing);
      }),
      { numRuns: 2_000 },
    );
  });
});

/** Every reader on the same bytes: none throws, and each that stops names a place inside them. */
function allOf(frame: Uint8Array, framing: Framing): DecodeError | undefined {
  const decoded = decodeMessage(frame, framing);
  const observation = seen(frame, framing);
  const parsed = parseMessage(frame, framing);
  classify(observation);
  for (const error of [decoded.error, observation.error, parsed.error]) {
    if (error === undefined) continue;
    expect(error.offset).toBeGreaterThanOrEqual(0);
    expect(error.offset).toBeLessThanOrEqual(frame.length);
    expect(error.de).toBeGreaterThanOrEqual(0);
    expect(error.de).toBeLessThanOrEqual(64);
    expect(error.reason).toMatch(/^[a-zA-Z]+$/);
  }
  expect(decoded.rest).toBeLessThanOrEqual(frame.length);
  return observation.error;
}
