import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Memo } from "../../../src/drivers/wire/memo.ts";

function hex(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes).toString("hex", start, end);
}

test("gives for any bytes what would be made of them, however many there were before", () => {
  const memo = new Memo(hex);
  const few = fc.uint8Array({ minLength: 2, maxLength: 16, max: 3 });
  fc.assert(
    fc.property(fc.array(few, { minLength: 50, maxLength: 200 }), fc.nat(3), (all, start) => {
      for (const bytes of all) {
        const padded = Buffer.concat([Buffer.alloc(start, 9), bytes, Buffer.alloc(4, 9)]);
        const end = start + bytes.length;
        expect(memo.get(padded, start, end)).toBe(hex(padded, start, end));
      }
    }),
  );
});

test("makes a thing once as long as it comes again at once", () => {
  let made = 0;
  const memo = new Memo(() => ++made);
  const bytes = Buffer.from("12345678 and 12345678");
  expect([memo.get(bytes, 0, 8), memo.get(bytes, 13, 21), memo.get(bytes, 0, 7)]).toEqual([1, 1, 2]);
});

test("tells keys apart that differ in any two bytes only, though they share a place", () => {
  const memo = new Memo(hex);
  const bytes = Buffer.alloc(16);
  for (let at = 0; at + 1 < bytes.length; at++) {
    for (let value = 0; value < 4_096; value++) {
      bytes.writeUInt16BE(value, at);
      expect(memo.get(bytes, 0, 16)).toBe(bytes.toString("hex"));
    }
    bytes.fill(0);
  }
});
