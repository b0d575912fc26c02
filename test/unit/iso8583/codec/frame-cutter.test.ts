import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CutResult, FrameCutter } from "../../../../src/drivers/iso8583/codec/frame-cutter.ts";
import type { Framing } from "../../../../src/drivers/iso8583/codec/observation.ts";
import { USUAL } from "./messages.ts";
import { vector } from "./vectors.ts";

const SALE = vector("sale-0200").frame;
const ECHO = vector("echo-0820").frame;

/** Lengths alone decide here: a frame of this many bytes, length bytes included. */
function frameOfLength(total: number, framing: Framing = USUAL, fill = 0x5a): Uint8Array {
  const prefix = framing.length === "be16" ? 2 : 4;
  const frame = Buffer.alloc(total, fill);
  if (framing.length === "be16") frame.writeUInt16BE(total - prefix);
  else frame.write(String(total - prefix).padStart(4, "0"), "latin1");
  return frame;
}

/** What the relay passes on of a result. */
function passedOn({ bytes, releasedBytes }: CutResult): Uint8Array {
  return bytes.subarray(releasedBytes);
}

function shape(results: readonly CutResult[]): readonly unknown[] {
  return results.map((each) => [each.kind === "frame" ? "frame" : each.reason, each.bytes.length]);
}

describe("cutting a stream", () => {
  test("hands out whole frames where they lie in the chunk", () => {
    const chunk = Buffer.concat([SALE, ECHO]);
    const results = new FrameCutter(USUAL).push(chunk);
    expect(shape(results)).toEqual([
      ["frame", SALE.length],
      ["frame", ECHO.length],
    ]);
    expect(results.every((each) => each.bytes.buffer === chunk.buffer)).toBe(true);
  });

  test("puts a frame together that comes byte by byte", () => {
    const cutter = new FrameCutter(USUAL);
    const results = [...SALE].flatMap((byte) => cutter.push(Uint8Array.of(byte)));
    expect(results).toEqual([{ kind: "frame", bytes: new Uint8Array(SALE), releasedBytes: 0 }]);
    expect(cutter.heldBytes).toBe(0);
  });

  test("completes a frame whose front was released, and says how much of it that was", () => {
    const cutter = new FrameCutter(USUAL);
    cutter.push(SALE.subarray(0, 10));
    expect(cutter.release()).toEqual(new Uint8Array(SALE.subarray(0, 10)));
    cutter.push(SALE.subarray(10, 30));
    expect(cutter.release()).toEqual(new Uint8Array(SALE.subarray(10, 30)));
    expect(cutter.release()).toHaveLength(0);
    expect(cutter.heldBytes).toBe(30);
    const [result] = cutter.push(SALE.subarray(30));
    expect(result).toEqual({ kind: "frame", bytes: new Uint8Array(SALE), releasedBytes: 30 });
  });

  test("passes an oversized frame through and cuts the next one again", () => {
    const cutter = new FrameCutter({ ...USUAL, maxFrameBytes: 200 });
    const large = frameOfLength(201);
    expect(shape(cutter.push(large.subarray(0, 1)))).toEqual([]);
    expect(shape(cutter.push(Buffer.concat([large.subarray(1), ECHO])))).toEqual([
      ["oversized", 2],
      ["oversized", 199],
      ["frame", ECHO.length],
    ]);
  });

  test("keeps a frame of exactly the longest length", () => {
    const cutter = new FrameCutter({ ...USUAL, maxFrameBytes: 200 });
    expect(shape(cutter.push(frameOfLength(200)))).toEqual([["frame", 200]]);
  });

  test("reads no further after a length that is too short for a message", () => {
    const cutter = new FrameCutter(USUAL);
    expect(shape(cutter.push(Buffer.concat([SALE, Buffer.from([0, 20]), ECHO])))).toEqual([
      ["frame", SALE.length],
      ["lengthTooShort", 2 + ECHO.length],
    ]);
    expect(shape(cutter.push(SALE))).toEqual([["lengthTooShort", SALE.length]]);
  });

  test("takes 21 bytes after the length as the shortest message", () => {
    expect(shape(new FrameCutter(USUAL).push(frameOfLength(2 + 21)))).toEqual([["frame", 23]]);
  });

  test("reads no further after four characters that are no digits", () => {
    const cutter = new FrameCutter({ ...USUAL, length: "ascii4" });
    expect(shape(cutter.push(Buffer.from("00x1 and more")))).toEqual([["lengthNotDigits", 13]]);
  });

  test.each(["be16", "ascii4"] as const)("leaves TLS alone from its first bytes on (%s)", (length) => {
    const cutter = new FrameCutter({ ...USUAL, length });
    const hello = Buffer.from("160301020001", "hex");
    const results = [...hello].flatMap((byte) => cutter.push(Uint8Array.of(byte)));
    expect(new Set(results.map((each) => each.kind === "opaque" && each.reason))).toEqual(new Set(["tls"]));
    expect(Buffer.concat(results.map(passedOn))).toEqual(hello);
  });

  test("takes the bytes of a TLS record for a length when they are not the first", () => {
    const cutter = new FrameCutter(USUAL);
    cutter.push(ECHO);
    expect(shape(cutter.push(frameOfLength(2 + 0x1603).subarray(0, 100)))).toEqual([["oversized", 100]]);
  });

  test("gives released bytes away for good: closing does not touch them", () => {
    const cutter = new FrameCutter(USUAL);
    cutter.push(SALE.subarray(0, 50));
    const released = cutter.release();
    cutter.close();
    expect(released).toEqual(new Uint8Array(SALE.subarray(0, 50)));
    expect(cutter.heldBytes).toBe(0);
    expect(cutter.release()).toHaveLength(0);
  });

  test("lets bytes flow unread after it was closed", () => {
    const cutter = new FrameCutter(USUAL);
    cutter.close();
    expect(shape(cutter.push(SALE))).toEqual([["closed", SALE.length]]);
  });

  test("wipes what it copied out of a chunk, and nothing else, when it is told to", () => {
    const cutter = new FrameCutter(USUAL, "wiped");
    const chunk = Buffer.concat([SALE, ECHO.subarray(0, 20)]);
    cutter.push(chunk);
    expect(chunk.subarray(0, SALE.length)).toEqual(Buffer.from(SALE));
    expect(chunk.subarray(SALE.length)).toEqual(Buffer.alloc(20));
  });
});

/** A stream of sound, oversized and at last perhaps broken parts, with what they should be cut into. */
const streams = fc
  .record({
    framing: fc.record({
      length: fc.constantFrom("be16" as const, "ascii4" as const),
      tpdu: fc.boolean(),
      headerBytes: fc.constantFrom(0, 6),
      maxFrameBytes: fc.constantFrom(64, 150),
    }),
    lengths: fc.array(fc.integer({ min: 30, max: 250 }), { maxLength: 12 }),
    rubbish: fc.uint8Array({ maxLength: 60 }),
  })
  .map(({ framing, lengths, rubbish }) => {
    const frames = lengths.map((length, i) => frameOfLength(length, framing, 0x30 + i));
    return {
      framing,
      bytes: Buffer.concat([...frames, rubbish]),
      whole: frames.filter((frame) => frame.length <= framing.maxFrameBytes),
    };
  });

/** Lengths of chunks, over and over, and after which of them what is held is released. */
const courses = fc.record({
  sizes: fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 10 }),
  releases: fc.array(fc.boolean(), { minLength: 1, maxLength: 7 }),
});

describe("any stream in any chunks, released at any time", () => {
  test("comes out as the same bytes in the same order, with the same frames, holding no more than one frame", () => {
    fc.assert(
      fc.property(streams, courses, ({ framing, bytes, whole }, { sizes, releases }) => {
        const cutter = new FrameCutter(framing);
        const out: Uint8Array[] = [];
        const frames: Uint8Array[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          for (const result of cutter.push(bytes.subarray(at, at + size))) {
            out.push(passedOn(result));
            if (result.kind === "frame") frames.push(result.bytes);
          }
          at += size;
          expect(cutter.heldBytes).toBeLessThanOrEqual(framing.maxFrameBytes);
          if (releases[turn % releases.length] === true) out.push(cutter.release());
        }
        out.push(cutter.release());
        expect(Buffer.concat(out)).toEqual(bytes);
        expect(frames.slice(0, whole.length).map((frame) => Buffer.from(frame))).toEqual(whole);
      }),
      { numRuns: 500 },
    );
  });

  test("any bytes at all come out unchanged", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 120 })), fc.boolean(), (chunks, released) => {
        const cutter = new FrameCutter({ ...USUAL, maxFrameBytes: 64 });
        const out: Uint8Array[] = [];
        for (const chunk of chunks) {
          out.push(...cutter.push(chunk).map(passedOn));
          if (released) out.push(cutter.release());
        }
        out.push(cutter.release());
        expect(Buffer.concat(out)).toEqual(Buffer.concat(chunks));
      }),
      { numRuns: 500 },
    );
  });
});
