import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { asciiText, isPrintable, trimmedText } from "../../../src/drivers/wire/ascii.ts";
import { byteAt, uint16At, wordAt } from "../../../src/drivers/wire/bytes.ts";
import { gbkText } from "../../../src/drivers/wire/gbk.ts";

describe("ASCII", () => {
  test("any bytes of any length become as many printable characters", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(5), (all, start) => {
        const from = Math.min(start, all.length);
        const expected = Array.from(all.subarray(from), (byte) =>
          byte >= 0x20 && byte <= 0x7e ? String.fromCharCode(byte) : "?",
        ).join("");
        expect(asciiText(all, from, all.length)).toBe(expected);
        expect(trimmedText(all, from, all.length)).toBe(expected.replace(/^ +/, "").replace(/ +$/, ""));
        expect(isPrintable(all, from, all.length)).toBe(
          all.subarray(from).every((byte) => byte >= 0x20 && byte <= 0x7e),
        );
      }),
      { numRuns: 500 },
    );
  });

  test("blanks are no text", () => {
    expect(trimmedText(Buffer.from("      "), 0, 6)).toBe("");
    expect(trimmedText(Buffer.from("  a b "), 0, 6)).toBe("a b");
  });
});

describe("GBK", () => {
  test("reads Chinese, ASCII and both together", () => {
    const all = Buffer.from("CUP\u0007", "latin1");
    expect(gbkText(all, 0, 3)).toBe("CUP");
    expect(gbkText(all, 0, 4)).toBe("CUP\u0007");
    const mixed = Buffer.from("4f4bbfa8bac5", "hex");
    expect(gbkText(mixed, 0, 6)).toBe("OK卡号");
    expect(gbkText(mixed, 2, 4)).toBe("卡");
  });

  test("a character cut in two is one that says so", () => {
    expect(gbkText(Buffer.from("bfa8ba", "hex"), 0, 3)).toBe("卡\ufffd");
  });
});

describe("bytes", () => {
  test("numbers are big-endian, and nothing stands beyond the end", () => {
    const all = Uint8Array.of(0x81, 0x02, 0x03, 0x04);
    expect(uint16At(all, 0)).toBe(0x8102);
    expect(wordAt(all, 0)).toBe(0x8102_0304 | 0);
    expect(wordAt(all, 2)).toBe(0x0304_0000);
    expect(byteAt(all, 4)).toBe(0);
  });
});
