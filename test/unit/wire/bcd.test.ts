import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decimalText,
  firstNotDecimal,
  fourDigits,
  isDecimal,
  nibbleAt,
  nibbleNumber,
  nibbleText,
  NOT_DECIMAL,
  pairText,
  pairValue,
  sixDigitNumber,
  sixDigits,
  sixteenDigits,
  threeDigits,
  twoDigits,
} from "../../../src/drivers/wire/bcd.ts";

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex").toUpperCase();
}

function decimal(text: string): string {
  return /^\d*$/.test(text) ? text : "";
}

/** Bytes that are decimal three times out of four. */
const bytes = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.array(fc.nat(9), { minLength: 32, maxLength: 32 }).map((all) => Buffer.from(all.join(""), "hex")),
  },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((all) => Buffer.from(all)) },
);

describe("every byte", () => {
  test("is two digits, and a value when both are decimal", () => {
    for (let byte = 0; byte < 256; byte++) {
      const hex = byte.toString(16).toUpperCase().padStart(2, "0");
      const isDigits = /^\d\d$/.test(hex);
      expect(pairText(Uint8Array.of(byte), 0)).toBe(hex);
      expect(twoDigits(Uint8Array.of(byte), 0)).toBe(isDigits ? hex : "");
      expect(pairValue(Uint8Array.of(byte), 0)).toBe(isDigits ? Number(hex) : NOT_DECIMAL);
    }
  });
});

describe("any packed bytes", () => {
  test("read the same in every reader as in their hexadecimal text", () => {
    fc.assert(
      fc.property(bytes, fc.nat(4), fc.nat(20), (all, index, count) => {
        const hex = hexOf(all);
        const part = hex.slice(index, index + count);
        expect(nibbleText(all, index, count)).toBe(part);
        expect(nibbleAt(all, index)).toBe(Number.parseInt(hex.charAt(index), 16));
        expect(firstNotDecimal(all, index, count)).toBe(/\D/.test(part) ? index + part.search(/\D/) : -1);
        if (decimal(part) === part) expect(decimalText(all, index, count)).toBe(part);
        expect(fourDigits(all, index)).toBe(decimal(hex.slice(2 * index, 2 * index + 4)));
        expect(sixDigits(all, index)).toBe(decimal(hex.slice(2 * index, 2 * index + 6)));
        expect(sixteenDigits(all, index)).toBe(decimal(hex.slice(2 * index, 2 * index + 16)));
        expect(threeDigits(all, index)).toBe(decimal(hex.slice(index, index + 3)));
      }),
      { numRuns: 500 },
    );
  });

  test("are the number that their digits spell, or none", () => {
    fc.assert(
      fc.property(bytes, fc.nat(6), fc.integer({ min: 1, max: 7 }), (all, at, count) => {
        const digits = hexOf(all).slice(2 * at, 2 * at + 2 * count);
        const value = /^\d+$/.test(digits) ? Number(digits) : -1;
        if (count === 3) expect(sixDigitNumber(all, at)).toBe(value);
        expect(nibbleNumber(all, 2 * at, 2 * count)).toBe(value);
        expect(isDecimal(all, at, count)).toBe(value >= 0);
      }),
      { numRuns: 500 },
    );
  });

  test("find every single nibble that is not decimal", () => {
    for (let index = 0; index < 16; index++) {
      const digits = `${"9".repeat(index)}A${"9".repeat(15 - index)}`;
      const all = Buffer.from(digits, "hex");
      expect(sixteenDigits(all, 0)).toBe("");
      if (index < 6) expect(sixDigits(all, 0)).toBe("");
      if (index < 4) expect(fourDigits(all, 0)).toBe("");
    }
  });
});
