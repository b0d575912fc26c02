import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { composeWire, llDigits, lllBytes, lllDigits, packed, text } from "../../../src/sim/acquirer/compose.ts";
import { FrameFault, USUAL_FRAMING, WireFrames } from "../../../src/sim/acquirer/frames.ts";
import { readRequest } from "../../../src/sim/acquirer/request.ts";
import { readWire, WireMessage } from "../../../src/sim/acquirer/wire.ts";
import { REFERENCE_FRAMES } from "../../support/reference-frames.ts";

function read(frame: Buffer): WireMessage {
  const message = readWire(frame, USUAL_FRAMING);
  if (!(message instanceof WireMessage)) throw new Error(`not read: ${JSON.stringify(message)}`);
  return message;
}

describe("the host's decoder on the reference's frames", () => {
  test("reads the sign-in", () => {
    const message = read(REFERENCE_FRAMES.signIn);
    expect(message.mti).toBe("0800");
    expect(message.fields()).toEqual([11, 41, 42, 60, 63]);
    expect(message.tpdu.toString("hex")).toBe("6000030000");
    expect(message.header.toString("hex")).toBe("603100310100");
    expect(message.digits(60)).toBe("00000001003");
    expect(message.text(63)).toBe("01 ");
    expect(readRequest(message)).toMatchObject({
      kind: "signIn",
      batch: "000001",
      networkCode: "003",
      de41: "12345678",
    });
  });

  test("reads the sale", () => {
    const message = read(REFERENCE_FRAMES.sale);
    expect(message.fields()).toEqual([2, 3, 4, 11, 14, 22, 23, 25, 26, 41, 42, 49, 52, 53, 60, 64]);
    expect(message.digits(22)).toBe("051");
    expect(message.digits(23)).toBe("001");
    expect(message.text(49)).toBe("156");
    expect(message.text(64)).toBe("00000000");
    expect(readRequest(message)).toMatchObject({
      kind: "sale",
      amount: 12_345,
      stan: "000002",
      batch: "000001",
      de42: "999000099990001",
      card: { first6: "621234", last4: "0001", length: 16 },
    });
  });

  test("reads the answer 03, whose TPDU is swapped", () => {
    const message = read(REFERENCE_FRAMES.invalidMerchant);
    expect(message.fields()).toEqual([2, 3, 4, 11, 12, 13, 25, 32, 37, 39, 41, 42, 44, 49, 60, 63]);
    expect(message.tpdu.toString("hex")).toBe("6000000003");
    expect(message.text(39)).toBe("03");
    expect(message.digits(12)).toBe("101530");
    expect(message.digits(13)).toBe("0930");
    expect(message.text(63)).toBe("CUP");
  });

  test("reads the reversal", () => {
    const message = read(REFERENCE_FRAMES.reversal);
    expect(message.fields()).toEqual([2, 3, 4, 11, 14, 22, 23, 25, 39, 41, 42, 49, 60, 61, 64]);
    expect(message.text(39)).toBe("98");
    expect(message.digits(61)).toBe("0000010000020930");
    expect(readRequest(message)).toMatchObject({ kind: "reversal", stan: "000002", originalStan: "000002" });
  });

  test("writes the sign-in as the reference has it, byte for byte", () => {
    const frame = composeWire(
      "0800",
      [
        [11, packed("000001")],
        [41, text("12345678", 8)],
        [42, text("999000099990001", 15)],
        [60, lllDigits("00000001003")],
        [63, lllBytes(Buffer.from("01 "))],
      ],
      { tpdu: packed("6000030000"), header: packed("603100310100"), mac: "none" },
      USUAL_FRAMING,
    );
    expect(frame.toString("hex")).toBe(REFERENCE_FRAMES.signIn.toString("hex"));
  });
});

describe("the host's decoder", () => {
  test("takes the padding nibble off digits of odd count, on either side, whatever it is", () => {
    const frame = composeWire(
      "0200",
      [
        [2, Buffer.from("153700000000000020", "hex")],
        [23, packed("f001")],
        [35, llDigits("3700000000000002D2612")],
      ],
      { tpdu: packed("6000030000"), header: packed("603100310100"), mac: "none" },
      USUAL_FRAMING,
    );
    const message = read(frame);
    expect(message.digits(2)).toBe("370000000000002");
    expect(message.digits(23)).toBe("001");
    expect(message.digits(35)).toBe("3700000000000002=2612");
  });

  test("takes the card's number from the track when DE2 is missing", () => {
    const frame = composeWire(
      "0200",
      [[35, llDigits("6212340000000001D2612220")]],
      { tpdu: packed("6000030000"), header: packed("603100310100"), mac: "none" },
      USUAL_FRAMING,
    );
    expect(readRequest(read(frame)).card).toEqual({ first6: "621234", last4: "0001", length: 16 });
  });

  test("says where it stopped for every truncation of a message, and never throws", () => {
    for (const frame of Object.values(REFERENCE_FRAMES)) {
      for (let length = 0; length < frame.length; length++) {
        const fault = readWire(frame.subarray(0, length), USUAL_FRAMING);
        expect(fault).toMatchObject({ reason: "truncated" });
      }
    }
  });

  test("survives any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const result = readWire(Buffer.from(bytes), USUAL_FRAMING);
        if (result instanceof WireMessage) readRequest(result);
        else expect(result.offset).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });

  test("survives any bit flip in a real message", () => {
    fc.assert(
      fc.property(fc.nat({ max: REFERENCE_FRAMES.sale.length * 8 - 1 }), (bit) => {
        const frame = Buffer.from(REFERENCE_FRAMES.sale);
        frame.writeUInt8(frame.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        const result = readWire(frame, USUAL_FRAMING);
        if (result instanceof WireMessage) readRequest(result);
      }),
    );
  });
});

describe("the host's frame cutter", () => {
  const stream = Buffer.concat(Object.values(REFERENCE_FRAMES));

  test("finds the same frames however the bytes arrive", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 80 })), (sizes) => {
        const frames = new WireFrames(USUAL_FRAMING);
        const found: string[] = [];
        let at = 0;
        for (const size of [...sizes, stream.length]) {
          for (const frame of frames.push(stream.subarray(at, at + size))) found.push(frame.toString("hex"));
          at += size;
        }
        expect(found).toEqual(Object.values(REFERENCE_FRAMES).map((frame) => frame.toString("hex")));
      }),
    );
  });

  test("cuts by four ASCII digits where the line uses them", () => {
    const frames = new WireFrames({ length: "ascii4", tpdu: false, headerBytes: 0 });
    expect(frames.push(Buffer.from("0003abc00")).map(String)).toEqual(["0003abc"]);
    expect(frames.push(Buffer.from("02de")).map(String)).toEqual(["0002de"]);
    expect(() => frames.push(Buffer.from("00x1"))).toThrow(FrameFault);
  });

  test("refuses a length that no terminal sends instead of waiting for it", () => {
    expect(() => new WireFrames(USUAL_FRAMING).push(Buffer.from("2001", "hex"))).toThrow(FrameFault);
  });
});
