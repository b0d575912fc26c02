import * as fc from "fast-check";
import { expect, test } from "vitest";
import { PacketLimit } from "../../../src/uplink/packet-limit.ts";

/** An MQTT packet with this many bytes after its fixed header. */
function packet(bytes: number): Buffer {
  const length: number[] = [];
  let rest = bytes;
  do {
    length.push((rest % 128) | (rest >= 128 ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.concat([Buffer.from([0x30, ...length]), Buffer.alloc(bytes, 0xff)]);
}

test("packets up to the limit pass, however the bytes are cut", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.nat(300), fc.nat(20_000)), { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 20 }),
      (sizes, cuts) => {
        const limit = new PacketLimit(20_000);
        const bytes = Buffer.concat(sizes.map(packet));
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const size = cuts[turn % cuts.length] ?? 1;
          expect(limit.accept(bytes.subarray(at, at + size))).toBeUndefined();
          at += size;
        }
      },
    ),
  );
});

test("a packet over the limit is told by its length, before its bytes come", () => {
  const limit = new PacketLimit(1_000);
  expect(limit.accept(packet(1_000))).toBeUndefined();
  expect(limit.accept(packet(1_001).subarray(0, 3))).toBe("a packet of 1001 bytes, at most 1000");
});

test("a length of more than four bytes is no length", () => {
  expect(new PacketLimit(1_000).accept(Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff]))).toBe(
    "a packet's length has more than 4 bytes",
  );
});
