import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cardToken } from "../../../../src/domain/card.ts";
import { minorUnits } from "../../../../src/domain/money.ts";
import { encodeApdu } from "../../../../src/drivers/zvt/codec/apdu.ts";
import { bmpLength } from "../../../../src/drivers/zvt/codec/bmp.ts";
import { negative, positive } from "../../../../src/drivers/zvt/codec/answers.ts";
import { decodeMessage, type Message } from "../../../../src/drivers/zvt/codec/messages.ts";
import type { Reading } from "../../../../src/drivers/zvt/codec/status-tlv.ts";
import { encodeTotals, TOTALS_CARDS } from "../../../../src/drivers/zvt/codec/totals.ts";
import { ascii, bcd, bmp, joined, llBytes, tlv } from "../../../../src/drivers/zvt/codec/writing.ts";
import { hex } from "./bytes.ts";

const TOKEN = cardToken("0123456789abcdef");
const READING: Reading = { charset: "cp437", tokenise: () => TOKEN };

/** Invented, with a right check digit. */
const NUMBER = "6212340000000001";

function read(apdu: Uint8Array): Message {
  return decodeMessage(apdu, READING);
}

function status(...fields: readonly Uint8Array[]) {
  const message = read(encodeApdu(0x040f, joined(...fields)));
  return message.type === "status" ? message.status : expect.unreachable();
}

describe("what a terminal sends", () => {
  test("answers", () => {
    expect(read(positive())).toEqual({ type: "positive" });
    expect(read(negative(0x9c))).toEqual({ type: "negative", code: 0x9c });
  });

  test("the card's technology stands within the payment type (2F), as real terminals send it", () => {
    const container = hex("600f4204564953414307a00000000310102f0c1f1001001f1101011f120102");
    expect(status(bmp(0x06, container)).tlv).toEqual({ cardTechnology: 2 });
  });

  test("84 1E is refused for the reason behind it, as a registration in a wrong currency is", () => {
    expect(read(hex("841e046f490756"))).toEqual({ type: "negative", code: 0x6f });
    expect(read(hex("841e016f"))).toEqual({ type: "negative", code: 0x6f });
    expect(read(hex("841e00"))).toEqual({ type: "negative", code: 0x1e });
    // A reason of 0 would turn a no into a yes.
    expect(read(hex("841e0100"))).toEqual({ type: "negative", code: 0x1e });
  });

  test("status information with every field that is kept", () => {
    expect(
      status(
        bmp(0x27, hex("00")),
        bmp(0x04, bcd(1234, 6)),
        bmp(0x49, bcd(978, 2)),
        bmp(0x0b, bcd(815, 3)),
        bmp(0x37, bcd(814, 3)),
        bmp(0x0c, bcd(235_959, 3)),
        bmp(0x0d, bcd(1126, 2)),
        bmp(0x0e, bcd(2912, 2)),
        bmp(0x19, hex("70")),
        bmp(0x22, hex(NUMBER)),
        bmp(0x29, bcd(52_000_123, 4)),
        bmp(0x2a, ascii("4556677       ".padEnd(15))),
        bmp(0x3b, ascii("123456\0\0")),
        bmp(0x3c, ascii("thank you")),
        bmp(0x87, bcd(42, 2)),
        bmp(0x8a, hex("05")),
        bmp(0x8b, ascii("girocard\0")),
        bmp(0xa0, hex("10")),
        bmp(0x06, tlv(0x1f12, hex("02"))),
      ),
    ).toEqual({
      result: 0,
      amount: 1234,
      currencyNumber: "978",
      trace: "000815",
      originalTrace: "000814",
      time: "235959",
      date: "1126",
      statusByte: 0x70,
      card: { bin6: "621234", last4: "0001", length: 16, scheme: "unionpay", luhnOk: true },
      cardToken: TOKEN,
      terminalNumber: "52000123",
      merchantNumber: "4556677",
      authCode: "123456",
      additionalText: "thank you",
      receiptNumber: "0042",
      cardType: 5,
      cardName: "girocard",
      resultAs: 0x10,
      tlv: { cardTechnology: 2 },
      secretsDropped: true,
    });
  });

  test("fields come in any order", () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray(
          [bmp(0x27, hex("00")), bmp(0x04, bcd(1, 6)), bmp(0x87, bcd(7, 2)), bmp(0x8b, ascii("Visa"))],
          { minLength: 4 },
        ),
        (fields) => {
          expect(status(...fields)).toEqual({ result: 0, amount: 1, receiptNumber: "0007", cardName: "Visa" });
        },
      ),
    );
  });

  test("an unknown field ends the reading: what came before it is kept, and where it stands", () => {
    expect(status(bmp(0x27, hex("6C")), hex("EE 01 02"))).toEqual({ result: 0x6c, unread: { at: 5, why: "unknown" } });
    expect(status(bmp(0x27, hex("00")), hex("22 F9"))).toEqual({ result: 0, unread: { at: 5, why: "cut" } });
    expect(status(hex("22 09 09"))).toEqual({ unread: { at: 3, why: "length" } });
  });

  test("a receipt number of FFFF is none, and a long trace number comes from the TLV", () => {
    expect(
      status(bmp(0x87, hex("FFFF")), bmp(0x0b, bcd(0, 3)), bmp(0x06, tlv(0x1f2b, hex("00 12 34 56 78")))),
    ).toMatchObject({ trace: "12345678" });
    expect(status(bmp(0x87, hex("FFFF")))).toEqual({});
  });

  test("totals of the end of day", () => {
    const cards = TOTALS_CARDS.map((card, i) => ({ card, count: i, amount: minorUnits(i * 100) }));
    const totals = { firstReceipt: "0001", lastReceipt: "0021", cards };
    expect(status(bmp(0x60, encodeTotals(totals))).totals).toEqual(totals);
    expect(status(bmp(0x60, hex("00 01")))).toEqual({});
  });

  test.each([
    ["04 FF 01 04", { code: 0x04 }],
    ["04 FF 02 0A 05", { code: 0x0a, minutes: 5 }],
    ["04 FF 02 0A 06", { code: 0x0a, minutes: 6 }],
    ["04 FF 0B FF 03 06 07 24 05 07 03 41 42 43", { code: 0xff, minutes: 3, text: "ABC" }],
    ["04 FF 0A FF 06 07 24 05 07 03 41 42 43", { code: 0xff, text: "ABC" }],
  ])("intermediate status %s", (apdu, expected) => {
    expect(read(hex(apdu))).toEqual({ type: "intermediate", ...expected });
  });

  test("the completion of a registration", () => {
    expect(read(hex("06 0F 0A 19 02 29 52 00 01 23 49 09 78"))).toEqual({
      type: "completion",
      completion: { status: { statusByte: 2, terminalNumber: "52000123", currencyNumber: "978" } },
    });
  });

  test.each([
    ["the status alone", "06 0F 01 51", { terminalStatus: 0x51, status: {} }],
    [
      "a version before it",
      "06 0F 08 F0 F0 F4 31 2E 32 33 00",
      { terminalStatus: 0, softwareVersion: "1.23", status: {} },
    ],
    ["nothing", "06 0F 00", { status: {} }],
  ])("the completion of a status enquiry: %s", (_what, apdu, completion) => {
    expect(read(hex(apdu))).toEqual({ type: "completion", completion });
  });

  test("who answers is in the completion of a status enquiry", () => {
    const device = tlv(
      0xe4,
      tlv(0x1f40, ascii("H5000")),
      tlv(0x1f41, ascii("V1.2.3")),
      tlv(0x1f42, hex("12 34 56 78")),
      tlv(0x1f43, hex("00")),
      tlv(0x1f44, hex("52 00 01 23")),
    );
    for (const [version, terminalStatus] of [
      ["", 0x00],
      ["1.2", 0x00],
      ["", 0xf0],
    ] as const) {
      const head = version === "" ? new Uint8Array(0) : joined(llBytes(version.length, 3), ascii(version));
      const answer = encodeApdu(0x060f, joined(head, Uint8Array.of(terminalStatus), bmp(0x06, device)));
      expect(read(answer)).toEqual({
        type: "completion",
        completion: {
          terminalStatus,
          ...(version === "" ? {} : { softwareVersion: version }),
          status: {
            tlv: { model: "H5000", software: "V1.2.3", serial: "12345678", deviceState: 0, terminalNumber: "52000123" },
          },
        },
      });
    }
  });

  test("an abort names its reason and what stands behind it", () => {
    expect(read(hex("06 1E 01 6C"))).toEqual({ type: "abort", code: 0x6c, status: {} });
    expect(read(hex("06 1E 00"))).toEqual({ type: "abort", code: 0xff, status: {} });
    const extended = joined(hex("FF"), bmp(0x06, joined(tlv(0x1f16, hex("0102")), tlv(0x1f17, ascii("no host")))));
    expect(read(encodeApdu(0x061e, extended))).toMatchObject({
      status: { tlv: { extendedError: 0x102, errorText: "no host" } },
    });
    const holds = joined(hex("B8 87 00 42"), bmp(0x06, tlv(0x23, tlv(0x08, hex("0042")), tlv(0x08, hex("0043")))));
    expect(read(encodeApdu(0x061e, holds))).toMatchObject({
      code: 0xb8,
      status: { receiptNumber: "0042", tlv: { openHolds: ["0042", "0043"] } },
    });
  });

  test("printed lines and blocks, also long ones", () => {
    expect(read(encodeApdu(0x06d1, joined(hex("40"), ascii("  TOTAL 12.34"))))).toEqual({
      type: "printLine",
      attribute: 0x40,
      line: "  TOTAL 12.34",
      feed: 1,
    });
    expect(read(hex("06 D1 02 FF 03"))).toMatchObject({ line: "", feed: 3 });
    const lines = Array.from({ length: 40 }, (_, i) => `line ${i} `.padEnd(24, "."));
    const block = tlv(0x25, ...lines.flatMap((line) => [tlv(0x09, hex("00")), tlv(0x07, ascii(line))]));
    expect(read(encodeApdu(0x06d3, bmp(0x06, joined(tlv(0x1f07, hex("02")), block))))).toEqual({
      type: "printBlock",
      receiptType: 2,
      lines,
    });
  });

  test.each([
    ["04 01 00", "setDateTime"],
    ["06 D8 00", "dialUp"],
    ["06 DD 00", "dialUp"],
    ["06 E4 00", "blockedListQuery"],
    ["12 34 00", "unknown"],
    ["80", "unknown"],
  ])("%s is %s", (apdu, type) => {
    expect(read(hex(apdu)).type).toBe(type);
  });

  test("any bytes are read as something", () => {
    const commands = [0x040f, 0x04ff, 0x060f, 0x061e, 0x06d1, 0x06d3, 0x0401, 0x8000, 0x849c];
    fc.assert(
      fc.property(fc.constantFrom(...commands), fc.uint8Array({ maxLength: 300 }), (command, data) => {
        expect(read(encodeApdu(command, data)).type).toBeTypeOf("string");
        expect(read(data).type).toBeTypeOf("string");
      }),
    );
  });

  test("every field of the list that is written is stepped over by its right length", () => {
    const names = Array.from({ length: 256 }, (_, name) => name).filter((name) => bmpLength(name) !== undefined);
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.uint8Array({ maxLength: 99 }), (name, bytes) => {
        const length = bmpLength(name);
        const value = typeof length === "number" ? new Uint8Array(length).fill(0x11) : bytes;
        const after = bmp(0x8b, ascii("after"));
        const message = read(encodeApdu(0x040f, joined(bmp(name, value), after)));
        expect(message).toMatchObject({ type: "status", status: { cardName: "after" } });
        expect(message).not.toHaveProperty("status.unread");
      }),
    );
  });
});
