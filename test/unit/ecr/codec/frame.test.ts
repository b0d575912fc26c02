import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checksumOf } from "../../../../src/drivers/ecr/codec/checksum.ts";
import type { LinePiece } from "../../../../src/drivers/ecr/codec/decode.ts";
import { canStandAsData, encodeFrame, encodeSignal } from "../../../../src/drivers/ecr/codec/encode.ts";
import type { FrameSpec } from "../../../../src/drivers/ecr/codec/frame-spec.ts";
import { LineReader } from "../../../../src/drivers/ecr/codec/line-reader.ts";
import {
  ecr17Frame,
  LRC_COVERAGES,
  MIS_POS_FRAME,
  POSLINK_FRAME,
  TRANSBANK_FRAME,
} from "../../../../src/drivers/ecr/profiles/frames.ts";

const ECR17_FRAME = ecr17Frame("dataAndEnd");

/** No profile of ours is like these: they keep the rest of the engine honest. */
const OTHERS: Readonly<Record<string, FrameSpec>> = {
  counted: {
    ...MIS_POS_FRAME,
    start: [0x55, 0xaa],
    length: "be2",
    end: [0xcc, 0x33],
    checksum: { kind: "xor", seed: 0, over: { from: "start", to: "data" } },
    maxDataBytes: 1024,
  },
  short: { ...MIS_POS_FRAME, length: "byte", end: [], checksum: { kind: "none" }, maxDataBytes: 255 },
  doubled: {
    ...MIS_POS_FRAME,
    start: [0x10, 0x02],
    length: "none",
    end: [0x10, 0x03],
    escape: "dleDouble",
    checksum: {
      kind: "crc16",
      poly: 0x8408,
      init: 0,
      reflected: true,
      lowByteFirst: true,
      over: { from: "data", to: "end" },
    },
  },
};

const SPECS: Readonly<Record<string, FrameSpec>> = {
  misPos: MIS_POS_FRAME,
  poslink: POSLINK_FRAME,
  transbank: TRANSBANK_FRAME,
  ...Object.fromEntries(LRC_COVERAGES.map((over) => [`ecr17 over ${over}`, ecr17Frame(over)])),
  ...OTHERS,
};

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function fromHex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));
}

function crc(poly: number, init: number, reflected: boolean): readonly number[] {
  const over = { from: "data", to: "data" } as const;
  const parts = { start: [], length: [], data: ascii("123456789"), end: [] };
  return checksumOf({ kind: "crc16", poly, init, reflected, lowByteFirst: false, over }, parts);
}

function messages(pieces: readonly LinePiece[]): readonly string[] {
  return pieces.flatMap((piece) => (piece.kind === "message" ? [hex(piece.data)] : []));
}

function faultBytes(pieces: readonly LinePiece[]): number {
  return pieces.reduce((sum, piece) => sum + (piece.kind === "fault" ? piece.bytes : 0), 0);
}

function readAll(spec: FrameSpec, line: Uint8Array): readonly LinePiece[] {
  const reader = new LineReader(spec);
  return [...reader.push(line), ...reader.giveUp()];
}

describe("a message on the wire", () => {
  it("is that of the reference for every profile", () => {
    expect(hex(encodeFrame(MIS_POS_FRAME, ascii("HELLO")))).toBe(hex(fromHex("02 00 05 48 45 4C 4C 4F 03 44")));
    expect(hex(encodeFrame(POSLINK_FRAME, ascii("A00\x1c1.28"))).slice(-2)).toBe("4b");
    expect(hex(encodeFrame(TRANSBANK_FRAME, ascii("0200|123|"))).slice(-2)).toBe("31");
    expect(hex(encodeFrame(TRANSBANK_FRAME, ascii("0100")))).toBe("02303130300302");
  });

  it("is that of the public pages: Transbank's commands, and ECR17's confirmation of three bytes", () => {
    const transbank = (text: string): string => hex(encodeFrame(TRANSBANK_FRAME, ascii(text)));
    expect(transbank("0250|")).toBe(hex(fromHex("02 30 32 35 30 7c 03 78")));
    expect(transbank("0700||")).toBe(hex(fromHex("02 30 37 30 30 7c 7c 03 04")));
    expect(transbank("0800")).toBe(hex(fromHex("02 30 38 30 30 03 0b")));
    expect(transbank("1200|10|")).toBe(hex(fromHex("02 31 32 30 30 7c 31 30 7c 03 01")));
    expect(transbank("0200|000025000|000001|||0").slice(-2)).toBe("7b");
    expect(hex(encodeSignal(ECR17_FRAME, "ack"))).toBe("06037a");
    expect(hex(encodeSignal(ECR17_FRAME, "nak"))).toBe("150369");
  });

  it("is refused when it would be read as something else, or is too long", () => {
    expect(() => encodeFrame(TRANSBANK_FRAME, fromHex("30 03 31"))).toThrow(RangeError);
    expect(() => encodeFrame(TRANSBANK_FRAME, fromHex("30 02 31"))).toThrow(RangeError);
    expect(() => encodeFrame(MIS_POS_FRAME, new Uint8Array(2049))).toThrow(RangeError);
    expect(() => encodeSignal(ECR17_FRAME, "eot")).toThrow(RangeError);
  });
});

describe("the checksums", () => {
  it("have the check values of the catalogues", () => {
    expect(crc(0x1021, 0xffff, false)).toEqual([0x29, 0xb1]);
    expect(crc(0xa001, 0, true)).toEqual([0xbb, 0x3d]);
    expect(crc(0x8408, 0, true)).toEqual([0x21, 0x89]);
  });

  it("cover what the firmware of an ECR17 terminal counts", () => {
    const lrcs = LRC_COVERAGES.map((of) => encodeFrame(ecr17Frame(of), ascii("A")).at(-1));
    expect(lrcs).toEqual([0x3d, 0x3e, 0x3f, 0x3c]);
  });
});

describe("the reader", () => {
  it("takes the byte after ETX as the checksum, whatever control byte it looks like", () => {
    for (const wanted of [0x02, 0x03, 0x06, 0x15, 0x04]) {
      // Two characters whose exclusive or with ETX is the wanted checksum.
      const data = Uint8Array.of(0x40, 0x40 ^ 0x03 ^ wanted);
      const line = encodeFrame(TRANSBANK_FRAME, data);
      expect(line.at(-1)).toBe(wanted);
      expect(readAll(TRANSBANK_FRAME, Uint8Array.from([...line, 0x06]))).toEqual([
        { kind: "message", data },
        { kind: "ack" },
      ]);
    }
  });

  it("reads ETX as data where a length says so", () => {
    const data = fromHex("03 03 02 15 06");
    expect(messages(readAll(MIS_POS_FRAME, encodeFrame(MIS_POS_FRAME, data)))).toEqual([hex(data)]);
  });

  it("knows ECR17's news of a procedure, which has no checksum", () => {
    const line = Uint8Array.from([1, ...ascii("INSERIRE CARTA      "), 4, 6, 3, 0x7a]);
    expect(readAll(ECR17_FRAME, line)).toEqual([
      { kind: "progress", data: ascii("INSERIRE CARTA      ") },
      { kind: "ack" },
    ]);
  });

  it("does not take a confirmation with a wrong checksum for one", () => {
    expect(readAll(ECR17_FRAME, fromHex("06 03 7b")).map((piece) => piece.kind)).not.toContain("ack");
    expect(readAll(ECR17_FRAME, fromHex("15 03 7a")).map((piece) => piece.kind)).not.toContain("nak");
  });

  it("reports garbage and finds the message behind it", () => {
    const line = Uint8Array.from([0x41, 0x42, 0x43, ...encodeFrame(TRANSBANK_FRAME, ascii("0100"))]);
    expect(readAll(TRANSBANK_FRAME, line)).toEqual([
      { kind: "fault", fault: "garbage", bytes: 3 },
      { kind: "message", data: ascii("0100") },
    ]);
  });

  it("says which messages were damaged, cut short or too long, and reads the next", () => {
    const good = encodeFrame(TRANSBANK_FRAME, ascii("0100"));
    const damaged = good.with(2, 0x39);
    const faults = (line: readonly number[]): readonly string[] =>
      readAll(TRANSBANK_FRAME, Uint8Array.from([...line, ...good])).map((piece) =>
        piece.kind === "fault" ? piece.fault : piece.kind,
      );
    expect(faults([...damaged])).toEqual(["checksum", "message"]);
    expect(faults([...good.subarray(0, 4)])).toEqual(["truncated", "message"]);
    expect(faults([2, ...Array.from({ length: 5000 }, () => 0x41)])).toEqual(["overflow", "garbage", "message"]);
  });

  it("gives a message up whose rest does not come, and finds one behind a false start", () => {
    const reader = new LineReader(MIS_POS_FRAME);
    // A stray STX before the message: its "length" is 200.
    const pieces = reader.push(Uint8Array.from([2, ...encodeFrame(MIS_POS_FRAME, ascii("HELLO"))]));
    expect(messages(pieces)).toEqual([]);
    expect(reader.unfinished).toBe(true);
    expect(messages(reader.giveUp())).toEqual([hex(ascii("HELLO"))]);
    expect(reader.unfinished).toBe(false);
  });
});

describe.each(Object.entries(SPECS))("every message of %s", (_name, spec) => {
  const data = fc
    .uint8Array({ maxLength: 300 })
    .filter((candidate) => candidate.length <= spec.maxDataBytes && canStandAsData(spec, candidate));

  it("is read as it was written, in any chunks", () => {
    fc.assert(
      fc.property(fc.array(data, { maxLength: 4 }), fc.array(fc.nat(40), { maxLength: 40 }), (all, cuts) => {
        const line = Buffer.concat(all.map((one) => encodeFrame(spec, one)));
        const reader = new LineReader(spec);
        const pieces: LinePiece[] = [];
        let at = 0;
        for (const cut of cuts) {
          pieces.push(...reader.push(line.subarray(at, at + cut)));
          at += cut;
        }
        pieces.push(...reader.push(line.subarray(at)));
        expect(messages(pieces)).toEqual(all.map(hex));
        expect(reader.unfinished).toBe(false);
      }),
    );
  });

  it("is found in any noise, which never throws and is all accounted for", () => {
    const control = fc.constantFrom(...spec.start, ...spec.end, 0x06, 0x15, 0x01, 0x04, 0x10);
    const noise = fc.array(fc.oneof(control, fc.nat(255)), { maxLength: 400 });
    fc.assert(
      fc.property(noise, data, (heard, last) => {
        const reader = new LineReader(spec);
        const whole = [...reader.push(Uint8Array.from(heard)), ...reader.giveUp()];
        const byBytes: LinePiece[] = heard.flatMap((byte) => [...reader.push(Uint8Array.of(byte))]);
        byBytes.push(...reader.giveUp());
        expect(messages(byBytes)).toEqual(messages(whole));
        expect(faultBytes(byBytes)).toBe(faultBytes(whole));
        expect(faultBytes(whole)).toBeLessThanOrEqual(heard.length);
        expect(messages(reader.push(encodeFrame(spec, last)))).toEqual([hex(last)]);
      }),
    );
  });
});
