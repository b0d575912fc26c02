import { describe, expect, test } from "vitest";
import { decodeMessage } from "../../../../src/drivers/iso8583/codec/decode.ts";
import { encodeMessage, type MessageContent } from "../../../../src/drivers/iso8583/codec/encode.ts";
import { FIELDS, type FieldSpec } from "../../../../src/drivers/iso8583/codec/fields.ts";
import { type FieldValue, parseMessage } from "../../../../src/drivers/iso8583/codec/raw-message.ts";
import { frameOf, USUAL } from "./messages.ts";
import { vector } from "./vectors.ts";

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

const SALE: MessageContent = {
  mti: "0200",
  tpdu: "6000030000",
  header: "603100310100",
  fields: {
    2: "6212340000000001",
    3: "000000",
    4: "000000012345",
    11: "000002",
    14: "3012",
    22: "051",
    23: "001",
    25: "00",
    26: "12",
    41: "12345678",
    42: "999000099990001",
    49: "156",
    52: new Uint8Array(8),
    53: "2600000000000000",
    60: "2200000100060",
    64: new Uint8Array(8).fill(0x30),
  },
};

function longest({ kind, max }: FieldSpec): FieldValue {
  return kind === "n" || kind === "z" ? "1".repeat(max) : new Uint8Array(max);
}

describe("writing a message", () => {
  test("makes the reference's sale", () => {
    expect(hex(encodeMessage(SALE, USUAL))).toBe(hex(vector("sale-0200").frame));
  });

  test("takes fields in any order when they come as a map", () => {
    const { message } = parseMessage(vector("sale-0200").frame, USUAL);
    const backwards = new Map([...message.fields].toReversed());
    expect(hex(encodeMessage({ ...SALE, fields: backwards }, USUAL))).toBe(hex(vector("sale-0200").frame));
  });

  test("writes the separator of a track as nibble D", () => {
    const equals = frameOf("0200", { 35: "6212340000000001=3012201" });
    expect(hex(equals)).toBe(hex(frameOf("0200", { 35: "6212340000000001D3012201" })));
    expect(hex(equals)).toContain("246212340000000001d3012201");
  });

  test("writes four ASCII digits as length, and no TPDU and header where there are none", () => {
    const framing = { ...USUAL, length: "ascii4", tpdu: false, headerBytes: 0 } as const;
    expect(hex(encodeMessage({ mti: "0820", fields: { 11: "000001" } }, framing))).toBe(
      ["30303133", "0820", "0020000000000000", "000001"].join(""),
    );
  });

  test("has room for every field at its longest, and counts that in four digits", () => {
    const specs = FIELDS.filter((spec) => spec !== undefined);
    const fields = new Map(specs.map((spec): [number, FieldValue] => [spec.de, longest(spec)]));
    const framing = { ...USUAL, length: "ascii4", headerBytes: 64 } as const;
    const frame = encodeMessage({ mti: "0200", tpdu: "6000030000", header: "0".repeat(128), fields }, framing);
    expect(Number(Buffer.from(frame.subarray(0, 4)).toString("latin1"))).toBe(frame.length - 4);
    expect(decodeMessage(frame, framing)).toMatchObject({ error: undefined, rest: frame.length });
  });

  test("shares no memory with the message before", () => {
    const first = encodeMessage(SALE, USUAL);
    const before = hex(first);
    frameOf("0820", { 11: "999999" });
    expect(hex(first)).toBe(before);
  });
});

describe("a value that does not fit", () => {
  test.each<[string, Record<number, FieldValue>, string]>([
    ["too few digits", { 4: "12345" }, "field 4 (amount): takes exactly 12 digits, got 5"],
    ["too many digits", { 2: "6".repeat(20) }, "field 2 (primary account number): takes at most 19 digits, got 20"],
    ["a letter among digits", { 11: "00000A" }, "field 11 (trace number (STAN)): takes decimal digits"],
    ["a letter in a track", { 35: "62123400E" }, "field 35 (track 2): takes digits and one separator"],
    ["text of the wrong length", { 41: "1234567" }, "field 41 (terminal id): takes exactly 8 bytes, got 7"],
    ["text beyond ASCII", { 63: "无效商户" }, "field 63 (operator, texts): takes ASCII as text"],
    ["text for bytes", { 52: "12345678" }, "field 52 (PIN block): takes bytes, not text"],
    ["bytes for digits", { 3: new Uint8Array(3) }, "field 3 (processing code): takes digits, not bytes"],
    ["digits for text", { 39: { digits: "00" } }, "field 39 (response code): takes bytes or text, not digits"],
    ["a pad of two", { 22: { digits: "051", pad: "00" } }, "field 22 (entry mode): takes one hexadecimal digit as pad"],
    ["a pad of none", { 22: { digits: "051", pad: "x" } }, "field 22 (entry mode): takes one hexadecimal digit as pad"],
  ])("%s", (_, fields, message) => {
    expect(() => frameOf("0200", fields)).toThrow(RangeError);
    expect(() => frameOf("0200", fields)).toThrow(message);
  });

  test("a field that the table does not have", () => {
    for (const de of [0, 1, 28, 65]) {
      expect(() => frameOf("0200", new Map([[de, "0"]]))).toThrow(
        "fields: a number that the field table does not have",
      );
    }
  });

  test("a head that is not the framing's", () => {
    const fields = {};
    expect(() => encodeMessage({ mti: "0200", fields }, USUAL)).toThrow(
      "TPDU: takes 10 hexadecimal digits by this framing, got none",
    );
    const bare = { ...USUAL, tpdu: false, headerBytes: 0 };
    expect(() => encodeMessage({ mti: "0200", header: "60", fields }, bare)).toThrow(
      "header: takes 0 hexadecimal digits by this framing, got 2",
    );
    expect(() => encodeMessage({ mti: "02 0", fields }, bare)).toThrow("MTI: takes hexadecimal digits");
  });

  test("is never repeated in the message of the error, and leaves nothing behind", () => {
    const card = "62123400000000011";
    const attempt = (): Uint8Array => frameOf("0200", { 2: card, 11: `${card}9` });
    expect(attempt).toThrow(RangeError);
    expect(attempt).not.toThrow(card);
    expect(hex(frameOf("0820", { 11: "000001" }))).toBe(
      ["001860000300006031003101000820", "0020000000000000", "000001"].join(""),
    );
  });
});
