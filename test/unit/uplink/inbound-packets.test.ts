import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InboundPackets } from "../../../src/uplink/inbound-packets.ts";

interface Packet {
  readonly type: number;
  readonly body: Buffer;
}

function bytesOf({ type, body }: Packet): Buffer {
  const length: number[] = [];
  let rest = body.length;
  do {
    length.push((rest % 128) | (rest >= 128 ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.concat([Buffer.from([type << 4, ...length]), body]);
}

function puback(id: number, ...more: readonly number[]): Packet {
  return { type: 4, body: Buffer.from([id >> 8, id & 0xff, ...more]) };
}

function isPuback({ type }: Packet): boolean {
  return type === 4;
}

const packet = fc.oneof(
  fc
    .tuple(fc.integer({ min: 1, max: 65_535 }), fc.uint8Array({ maxLength: 40 }))
    .map(([id, more]) => puback(id, ...more)),
  fc
    .tuple(
      fc.constantFrom(2, 3, 9, 13, 14),
      fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ minLength: 200, maxLength: 400 })),
    )
    .map(([type, body]): Packet => ({ type, body: Buffer.from(body) })),
);

test("acknowledgements come out, everything else passes unchanged, however the bytes are cut", () => {
  fc.assert(
    fc.property(
      fc.array(packet, { maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 20 }),
      (packets, cuts) => {
        const inbound = new InboundPackets(1_000);
        const bytes = Buffer.concat(packets.map(bytesOf));
        const others: Uint8Array[] = [];
        const pubacks: unknown[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const size = cuts[turn % cuts.length] ?? 1;
          const sorted = inbound.sort(bytes.subarray(at, at + size));
          expect(sorted.wrong).toBeUndefined();
          others.push(...sorted.others);
          pubacks.push(...sorted.pubacks);
          at += size;
        }
        expect(Buffer.concat(others)).toEqual(Buffer.concat(packets.filter((p) => !isPuback(p)).map(bytesOf)));
        expect(pubacks).toEqual(
          packets.filter(isPuback).map(({ body }) => ({ id: body.readUInt16BE(0), reasonCode: body[2] ?? 0 })),
        );
      },
    ),
  );
});

test("what has no acknowledgement in it is handed on as it is, without a copy", () => {
  const chunk = Buffer.concat([
    bytesOf({ type: 3, body: Buffer.alloc(50, 1) }),
    bytesOf({ type: 13, body: Buffer.alloc(0) }),
  ]);
  expect(new InboundPackets(1_000).sort(chunk).others[0]).toBe(chunk);
});

describe("a peer that breaks the protocol", () => {
  test("is known by the length of a packet, before its bytes come", () => {
    const inbound = new InboundPackets(1_000);
    expect(inbound.sort(bytesOf({ type: 3, body: Buffer.alloc(1_000) })).wrong).toBeUndefined();
    const tooLong = bytesOf({ type: 3, body: Buffer.alloc(1_001) }).subarray(0, 3);
    expect(inbound.sort(tooLong).wrong).toBe("a packet of 1001 bytes, at most 1000");
  });

  test("is known by a length of more than four bytes", () => {
    const { wrong } = new InboundPackets(1_000).sort(Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff]));
    expect(wrong).toBe("a packet's length has more than 4 bytes");
  });

  test("is known by an acknowledgement of nothing", () => {
    expect(new InboundPackets(1_000).sort(Buffer.from([0x40, 0x01, 0x05])).wrong).toBe(
      "a PUBACK without an identifier",
    );
  });

  test("never makes it throw or stand still", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 10 }), (chunks) => {
        const inbound = new InboundPackets(100);
        for (const chunk of chunks) if (inbound.sort(chunk).wrong !== undefined) break;
      }),
    );
  });
});
