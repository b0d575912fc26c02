import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeApdu } from "../../../../src/drivers/zvt/codec/apdu.ts";
import { type BlockItem, BlockReader, encodeBlock } from "../../../../src/drivers/zvt/codec/block.ts";
import { crcOf } from "../../../../src/drivers/zvt/codec/crc.ts";
import { asHex, hex } from "./bytes.ts";

/** Reference zvt.md, 3.3: APDU and serial frame. */
const VECTORS: readonly [apdu: string, frame: string][] = [
  ["80 00 00", "10 02 80 00 00 10 03 f5 1f"],
  ["84 00 00", "10 02 84 00 00 10 03 19 6d"],
  ["84 9C 00", "10 02 84 9c 00 10 03 c3 41"],
  ["05 01 00", "10 02 05 01 00 10 03 10 06"],
  ["06 B0 00", "10 02 06 b0 00 10 03 43 f3"],
  ["06 00 06 000000 BA 0978", "10 02 06 00 06 00 00 00 ba 09 78 10 03 d0 d8"],
  ["06 01 07 04 000000001000", "10 02 06 01 07 04 00 00 00 00 10 10 00 10 03 62 91"],
  ["06 01 07 04 000000001010", "10 02 06 01 07 04 00 00 00 00 10 10 10 10 10 03 f3 04"],
  ["06 22 0A 04 000000025000 49 0978", "10 02 06 22 0a 04 00 00 00 02 50 00 49 09 78 10 03 1a ee"],
  ["06 23 03 87 FFFF", "10 02 06 23 03 87 ff ff 10 03 fb bd"],
  ["06 23 0A 87 0042 04 000000001000", "10 02 06 23 0a 87 00 42 04 00 00 00 00 10 10 00 10 03 d9 53"],
  ["06 30 06 000000 87 0042", "10 02 06 30 06 00 00 00 87 00 42 10 03 cc c0"],
  ["06 50 03 000000", "10 02 06 50 03 00 00 00 10 03 fb 37"],
  ["06 70 00", "10 02 06 70 00 10 03 d9 f9"],
  ["04 FF 01 04", "10 02 04 ff 01 04 10 03 e5 e7"],
  ["04 0F 02 27 6C", "10 02 04 0f 02 27 6c 10 03 76 32"],
  ["06 0F 00", "10 02 06 0f 00 10 03 c6 33"],
  ["06 1E 01 6C", "10 02 06 1e 01 6c 10 03 c9 f2"],
];

const ACKED = hex("06");
const STATUS = hex("10 02 05 01 00 10 03 10 06");

function kinds(items: readonly BlockItem[]): readonly string[] {
  return items.map((item) => (item.kind === "bad" ? `bad ${item.why}` : item.kind));
}

/** Noise is counted by the chunk, so that only its sum is the same for every chunking. */
function summed(items: readonly BlockItem[]): { readonly items: readonly unknown[]; readonly noise: number } {
  const noise = items.reduce((sum, item) => sum + (item.kind === "noise" ? item.bytes : 0), 0);
  return { items: items.filter(({ kind }) => kind !== "noise"), noise };
}

describe("serial blocks", () => {
  test("the checksum is CRC-16/KERMIT", () => {
    expect(crcOf(Buffer.from("123456789"))).toBe(0x2189);
  });

  test.each(VECTORS)("%s is written and read as the reference has it", (apdu, frame) => {
    expect(asHex(encodeBlock(hex(apdu)))).toBe(asHex(hex(frame)));
    expect(new BlockReader().push(hex(frame))).toEqual([{ kind: "apdu", apdu: hex(apdu) }]);
  });

  test("ACK and NAK count outside of a block only", () => {
    const inside = encodeBlock(encodeApdu(0x0401, hex("06 15 06 15")));
    const items = new BlockReader().push(Buffer.concat([ACKED, inside, hex("15")]));
    expect(kinds(items)).toEqual(["ack", "apdu", "nak"]);
  });

  test.each([
    ["a spoilt byte", hex("10 02 05 01 01 10 03 10 06"), "bad crc"],
    ["a length that is not the block's", encodeBlock(hex("80 00 01")), "bad length"],
  ])("%s makes the block bad, and the next one is read", (_what, frame, expected) => {
    const items = new BlockReader().push(Buffer.concat([frame, STATUS]));
    expect(kinds(items)).toEqual([expected, "apdu"]);
  });

  test("after a wrong escape nothing counts until the line is silent: the rest of a block is no ACK", () => {
    const reader = new BlockReader();
    expect(kinds(reader.push(hex("10 02 80 10 44 06 15 06")))).toEqual([]);
    expect(reader.midBlock).toBe(true);
    expect(kinds(reader.expire())).toEqual(["bad escape"]);
    expect(kinds(reader.push(ACKED))).toEqual(["ack"]);
  });

  test("the inside of a block whose head was lost is no ACK either", () => {
    const reader = new BlockReader();
    expect(summed(reader.push(hex("02 06 0f 00 06 15")))).toEqual({ items: [], noise: 6 });
    reader.expire();
    expect(kinds(reader.push(ACKED))).toEqual(["ack"]);
  });

  test("T1 ends a block that does not go on", () => {
    const reader = new BlockReader();
    reader.push(STATUS.subarray(0, 5));
    expect(reader.midBlock).toBe(true);
    expect(reader.expire()).toEqual([{ kind: "bad", why: "timeout" }]);
    expect(reader.midBlock).toBe(false);
    expect(reader.expire()).toEqual([]);
    expect(kinds(reader.push(STATUS))).toEqual(["apdu"]);
  });

  test("a block that begins inside of another one is read", () => {
    expect(kinds(new BlockReader().push(Buffer.concat([STATUS.subarray(0, 4), STATUS])))).toEqual([
      "bad restarted",
      "apdu",
    ]);
  });

  test("a block that never ends is given up at the bound", () => {
    const reader = new BlockReader(100);
    expect(reader.push(Buffer.concat([hex("10 02"), Buffer.alloc(10_000, 0x41)]))).toEqual([]);
    expect(reader.expire()).toEqual([{ kind: "bad", why: "overflow" }]);
    expect(kinds(reader.push(STATUS))).toEqual(["apdu"]);
  });

  test("what is written is read, however it is chunked", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 0xffff }), fc.uint8Array({ maxLength: 400 })), { maxLength: 4 }),
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }),
        (messages, sizes) => {
          const apdus = messages.map(([command, data]) => encodeApdu(command, data));
          const wire = Buffer.concat(apdus.map((apdu) => encodeBlock(apdu)));
          expect(readChunked(wire, sizes)).toEqual(apdus.map((apdu) => ({ kind: "apdu", apdu })));
        },
      ),
    );
  });

  test("any bytes in any chunks give the same, never throw, and a good block after silence is read", () => {
    const spiced = fc.array(fc.oneof(fc.constantFrom(0x10, 0x02, 0x03, 0x06, 0x15), fc.integer({ min: 0, max: 255 })), {
      maxLength: 300,
    });
    fc.assert(
      fc.property(spiced, fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }), (bytes, sizes) => {
        const whole = new BlockReader(200);
        const once = whole.push(Uint8Array.from(bytes));
        expect(summed(readChunked(Uint8Array.from(bytes), sizes, 200))).toEqual(summed(once));
        whole.expire();
        expect(kinds(whole.push(STATUS))).toEqual(["apdu"]);
      }),
    );
  });
});

function readChunked(wire: Uint8Array, sizes: readonly number[], bound?: number): BlockItem[] {
  const reader = new BlockReader(bound);
  const items: BlockItem[] = [];
  for (let at = 0, i = 0; at < wire.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    items.push(...reader.push(wire.subarray(at, at + size)));
    at += size;
  }
  return items;
}
