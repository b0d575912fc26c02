import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeApdu } from "../../../../src/drivers/zvt/codec/apdu.ts";
import { ApduCutter, type CutApdu } from "../../../../src/drivers/zvt/codec/apdu-cutter.ts";
import { asHex, hex } from "./bytes.ts";

function cut(cutter: ApduCutter, wire: Uint8Array, sizes: readonly number[]): CutApdu[] {
  const out: CutApdu[] = [];
  for (let at = 0, i = 0; at < wire.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    out.push(...cutter.push(wire.slice(at, at + size)));
    at += size;
  }
  return out;
}

describe("APDUs on TCP", () => {
  test("a long length is written low byte first", () => {
    expect(asHex(encodeApdu(0x06d3, new Uint8Array(857 + 4)).subarray(0, 5))).toBe("06d3ff5d03");
    expect(asHex(encodeApdu(0x06d3, new Uint8Array(254)).subarray(0, 4))).toBe("06d3fe00");
    expect(asHex(encodeApdu(0x06d3, new Uint8Array(255)).subarray(0, 5))).toBe("06d3ffff00");
  });

  test("several come in one segment", () => {
    const out = new ApduCutter().push(hex("80 00 00 04 FF 01 04 06 0F 00"));
    expect(out.map((each) => each.kind === "apdu" && asHex(each.apdu))).toEqual(["800000", "04ff0104", "060f00"]);
  });

  test("an APDU longer than the bound is skipped and the next one read", () => {
    const cutter = new ApduCutter(100);
    const wire = new Uint8Array(Buffer.concat([encodeApdu(0x06d3, new Uint8Array(5000)), hex("06 0F 00")]));
    for (const size of [1, 4, 7, 6000]) {
      expect(cut(cutter, wire, [size])).toEqual([
        { kind: "oversized", bytes: 5005 },
        { kind: "apdu", apdu: hex("06 0F 00") },
      ]);
    }
  });

  test("any chunking gives the same APDUs", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 0xffff }), fc.uint8Array({ maxLength: 600 })), { maxLength: 4 }),
        fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1 }),
        (messages, sizes) => {
          const apdus = messages.map(([command, data]) => encodeApdu(command, data));
          const cutter = new ApduCutter();
          expect(cut(cutter, new Uint8Array(Buffer.concat(apdus)), sizes)).toEqual(
            apdus.map((apdu) => ({ kind: "apdu", apdu })),
          );
          expect(cutter.heldBytes).toBe(0);
        },
      ),
    );
  });

  test("any bytes never throw, and no more than the bound is held", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 })), (chunks) => {
        const cutter = new ApduCutter(128);
        for (const chunk of chunks) {
          cutter.push(chunk);
          expect(cutter.heldBytes).toBeLessThanOrEqual(128);
        }
      }),
    );
  });
});
