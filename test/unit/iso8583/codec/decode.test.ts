import { describe, expect, test } from "vitest";
import { decodeMessage } from "../../../../src/drivers/iso8583/codec/decode.ts";
import type { FieldValue } from "../../../../src/drivers/iso8583/codec/raw-message.ts";
import { frameOf, USUAL } from "./messages.ts";

function decoded(fields: Record<number, FieldValue>): Record<number, string | undefined> {
  const { fields: all, error } = decodeMessage(frameOf("0200", fields), USUAL);
  expect(error).toBeUndefined();
  return Object.fromEntries(all.map(({ de, value }) => [de, value]));
}

describe("decoding for a person who looks for what is wrong", () => {
  test("tells of sensitive fields only that they are there and how long they are", () => {
    const frame = frameOf("0200", { 2: "6212340000000001", 35: "6212340000000001D3012201", 52: new Uint8Array(8) });
    expect(decodeMessage(frame, USUAL).fields).toMatchObject([
      { de: 2, length: 16, value: undefined },
      { de: 35, length: 24, value: undefined },
      { de: 52, length: 8, value: undefined },
    ]);
  });

  test("shows texts in GBK, with card numbers masked", () => {
    const text = Buffer.concat([Buffer.from("bfa8bac5", "hex"), Buffer.from(" 6212340000000001")]);
    expect(decoded({ 46: text, 58: text })).toEqual({ 46: "卡号 621234******0001", 58: "卡号 621234******0001" });
  });

  test("masks a card number that a terminal put into DE61", () => {
    expect(decoded({ 61: "6212340000000001" })).toEqual({ 61: "621234******0001" });
  });

  test("does not mistake a merchant number for a card number", () => {
    expect(decoded({ 42: "370123456789015" })).toEqual({ 42: "370123456789015" });
  });

  test("stops at the first digit that is none, and shows the fields before it", () => {
    const frame = frameOf("0200", { 3: "000000", 7: { digits: "09301015A0" }, 11: "000001" });
    expect(decodeMessage(frame, USUAL)).toMatchObject({
      fields: [{ de: 3 }],
      error: { de: 7, offset: 30, reason: "badDigit" },
      rest: 26,
    });
  });

  test("says where the rest begins when a field is cut off", () => {
    const frame = frameOf("0200", { 3: "000000", 41: "12345678" });
    expect(decodeMessage(frame.subarray(0, 30), USUAL)).toMatchObject({
      fields: [{ de: 3 }],
      error: { de: 41, offset: 26, reason: "truncated" },
      rest: 26,
    });
  });
});
