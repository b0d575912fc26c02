import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeBlock } from "../../../../src/drivers/zvt/codec/block.ts";
import * as driver from "../../../../src/drivers/zvt/codec/commands.ts";
import { block, BlockEar, type Heard, StreamEar } from "../../../../src/sim/zvt/block.ts";
import { readTillCommand } from "../../../../src/sim/zvt/till-command.ts";
import { message } from "../../../../src/sim/zvt/writing.ts";

/** reference/zvt.md, 3.3. */
const VECTORS: readonly (readonly [apdu: string, frame: string])[] = [
  ["800000", "1002800000 1003f51f"],
  ["849C00", "1002849c00 1003c341"],
  ["050100", "1002050100 10031006"],
  ["0601070400000000 1000", "100206010704000000001010 001003 6291"],
  ["0601070400000000 1010", "1002060107040000000010101010 1003 f304"],
  ["062303 87FFFF", "100206230387ffff 1003 fbbd"],
  ["06230A870042 04000000001000", "100206230a8700420400000000101000 1003 d953"],
  ["040F02276C", "1002040f02276c 1003 7632"],
  ["061E016C", "1002061e016c 1003 c9f2"],
];

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));
}

function heardBy(ear: BlockEar, chunk: Uint8Array): Heard[] {
  return [...chunk].flatMap((byte) => ear.take(byte) ?? []);
}

/** Whole APDUs with any data, short and long ones. */
const anyApdu = fc
  .tuple(fc.integer({ min: 0, max: 0xffff }), fc.uint8Array({ maxLength: 400 }))
  .map(([command, data]) => message(command, data));

describe("blocks of the simulated terminal", () => {
  test.each(VECTORS)("%s is framed as the reference has it", (apdu, frame) => {
    expect(Buffer.from(block(bytes(apdu))).toString("hex")).toBe(frame.replaceAll(" ", ""));
    expect(heardBy(new BlockEar(), bytes(frame))).toEqual([{ what: "apdu", apdu: bytes(apdu) }]);
  });

  test("agree with the driver's, which are made by other code", () => {
    fc.assert(
      fc.property(anyApdu, (apdu) => {
        expect(block(apdu)).toEqual(encodeBlock(apdu));
        expect(heardBy(new BlockEar(), encodeBlock(apdu))).toEqual([{ what: "apdu", apdu }]);
      }),
    );
  });

  test("are read whatever came before them, once that is over", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), anyApdu, (noise, apdu) => {
        const ear = new BlockEar();
        heardBy(ear, noise);
        ear.forget();
        expect(heardBy(ear, block(apdu))).toEqual([{ what: "apdu", apdu }]);
      }),
    );
  });

  test("with any byte changed behind the head are not taken for what was sent", () => {
    fc.assert(
      fc.property(anyApdu, fc.nat(), fc.integer({ min: 1, max: 255 }), (apdu, place, change) => {
        const frame = block(apdu);
        const at = 2 + (place % (frame.length - 2));
        frame[at] = (frame[at] ?? 0) ^ change;
        expect(heardBy(new BlockEar(), frame)).not.toContainEqual({ what: "apdu", apdu });
      }),
    );
  });
});

describe("a stream of APDUs", () => {
  test("is cut the same way however it comes in pieces", () => {
    fc.assert(
      fc.property(fc.array(anyApdu, { maxLength: 5 }), fc.integer({ min: 1, max: 50 }), (apdus, size) => {
        const all = Uint8Array.from(apdus.flatMap((apdu) => [...apdu]));
        const ear = new StreamEar();
        const cut: Uint8Array[] = [];
        for (let at = 0; at < all.length; at += size) cut.push(...ear.take(all.subarray(at, at + size)));
        expect(cut).toEqual(apdus);
      }),
    );
  });
});

describe("the terminal's own reader", () => {
  test("reads from the driver's commands what they order", () => {
    expect(
      readTillCommand(driver.authorisation({ amount: 1_010, currencyNumber: "978", paymentType: 0x40 })),
    ).toMatchObject({ code: 0x0601, amount: 1_010, currency: 978 });
    expect(readTillCommand(driver.partialReversal("42", 1_000))).toMatchObject({ receipt: 42, amount: 1_000 });
    expect(readTillCommand(driver.openHoldsEnquiry())).toMatchObject({ receipt: "open" });
    expect(readTillCommand(driver.reversal("000000", "9999"))).toMatchObject({ receipt: 9_999 });
    expect(readTillCommand(driver.refund("000000", 999_999_999_999, "978"))).toMatchObject({ amount: 999_999_999_999 });
    expect(readTillCommand(driver.setDateTime("000000", "261126", "101500"))).toMatchObject({
      date: "261126",
      time: "101500",
    });
    expect(
      readTillCommand(
        driver.registration({
          password: "000000",
          configByte: 0x9e,
          currencyNumber: "978",
          serviceByte: 1,
          permitted: [0x06d1, 0x06d3],
          charset: 0xfe,
        }),
      ),
    ).toMatchObject({ configByte: 0x9e, currency: 978, permitted: [0x06d1, 0x06d3], charset: 0xfe, hasTlv: true });
    expect(readTillCommand(driver.registration({ password: "000000", configByte: 0x86, serviceByte: 1 }))).toEqual(
      expect.not.objectContaining({ currency: expect.anything() as unknown }),
    );
  });

  test("takes no amount from digits that are none", () => {
    expect(readTillCommand(bytes("06010704 00000000100A"))).toMatchObject({ broken: true });
    expect(readTillCommand(bytes("06010704 00000000100A")).amount).toBeUndefined();
  });

  test("reads any bytes to an end", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff }), fc.uint8Array({ maxLength: 80 }), (command, data) => {
        const { code, amount = 0 } = readTillCommand(message(command, data));
        expect(code).toBe(command);
        expect(Number.isSafeInteger(amount)).toBe(true);
      }),
    );
  });
});
