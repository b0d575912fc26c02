import { describe, expect, test } from "vitest";
import { cardToken } from "../../../../src/domain/card.ts";
import { decodeMessage } from "../../../../src/drivers/iso8583/codec/decode.ts";
import { encodeMessage } from "../../../../src/drivers/iso8583/codec/encode.ts";
import { FrameCutter } from "../../../../src/drivers/iso8583/codec/frame-cutter.ts";
import { observe } from "../../../../src/drivers/iso8583/codec/observe.ts";
import { parseMessage } from "../../../../src/drivers/iso8583/codec/raw-message.ts";
import { classify } from "../../../../src/drivers/iso8583/codec/transaction-kind.ts";
import { VECTORS } from "./vectors.ts";

const TOKEN = cardToken("0123456789abcdef");

describe.each(VECTORS)("$name", ({ frame, framing, spans, values, observation, classified }) => {
  test("is cut from a stream as one frame", () => {
    expect(new FrameCutter(framing).push(frame)).toEqual([{ kind: "frame", bytes: frame, releasedBytes: 0 }]);
  });

  test("has every field where the annotated lines have it, with its value", () => {
    const { fields, error, rest } = decodeMessage(frame, framing);
    expect(error).toBeUndefined();
    expect(rest).toBe(frame.length);
    expect(fields.map(({ de, start, valueStart, end }) => [de, { start, valueStart, end }])).toEqual([...spans]);
    expect(Object.fromEntries(fields.map(({ de, value }) => [de, value ?? null]))).toEqual(values);
  });

  test("counts each field as its length prefix does", () => {
    for (const { de, start, valueStart, length } of decodeMessage(frame, framing).fields) {
      if (valueStart > start) expect([de, length]).toEqual([de, Number(hex(frame.subarray(start, valueStart)))]);
    }
  });

  test("is observed as annotated", () => {
    const seen: string[] = [];
    const { cardToken: token, ...rest } = observe(frame, framing, (digits) => {
      seen.push(digits);
      return TOKEN;
    });
    expect(rest).toEqual(observation);
    expect(token).toBe(observation["card"] === undefined ? undefined : TOKEN);
    expect(seen).toHaveLength(token === undefined ? 0 : 1);
  });

  test("is for what the reference says", () => {
    expect(classify(observe(frame, framing, () => TOKEN))).toEqual(classified);
  });

  test("is the same bytes again when it is taken apart and encoded", () => {
    const { message, error } = parseMessage(frame, framing);
    expect(error).toBeUndefined();
    expect(hex(encodeMessage(message, framing))).toBe(hex(frame));
  });
});

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
