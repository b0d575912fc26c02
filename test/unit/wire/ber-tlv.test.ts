import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readTlv } from "../../../src/drivers/wire/ber-tlv.ts";

function all(hex: string): readonly unknown[] {
  const bytes = Buffer.from(hex, "hex");
  const found: unknown[] = [];
  for (let tlv = readTlv(bytes, 0, bytes.length); tlv !== undefined; tlv = readTlv(bytes, tlv.end, bytes.length)) {
    found.push([tlv.tag.toString(16), bytes.toString("hex", tlv.valueStart, tlv.end)]);
  }
  return found;
}

describe("BER-TLV", () => {
  test("reads tags of one, two and three bytes", () => {
    expect(all("9505000000000082027c009f2701809f33035f8101df81010177")).toEqual([
      ["95", "0000000000"],
      ["82", "7c00"],
      ["9f27", "80"],
      ["9f33", "5f8101"],
      ["df8101", "77"],
    ]);
  });

  test("reads lengths of one, two and three bytes", () => {
    expect(all(`5a8101aa5a820001bb`)).toEqual([
      ["5a", "aa"],
      ["5a", "bb"],
    ]);
    expect(all(`5a8180${"11".repeat(128)}`)).toEqual([["5a", "11".repeat(128)]]);
  });

  test("steps over padding between elements", () => {
    expect(all("0000950100ff00ff9501110000")).toEqual([
      ["95", "00"],
      ["95", "11"],
    ]);
  });

  test.each(["95", "9f", "9f27", "950200", "9580aa", "9583000001aa", "9581", "9f8181810100", "9f81"])(
    "%s is no whole element",
    (hex) => {
      expect(all(hex)).toEqual([]);
    },
  );

  test("any bytes come to an end, always going forward", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        let at = 0;
        for (
          let tlv = readTlv(bytes, 0, bytes.length);
          tlv !== undefined;
          tlv = readTlv(bytes, tlv.end, bytes.length)
        ) {
          expect(tlv.end).toBeGreaterThan(at);
          expect(tlv.end).toBeLessThanOrEqual(bytes.length);
          at = tlv.end;
        }
      }),
    );
  });
});
