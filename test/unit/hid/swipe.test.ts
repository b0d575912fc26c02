import { assert, boolean, property, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { readMagneSafe, readSureSwipe } from "../../../src/drivers/hid/codec/swipe.ts";
import { purposeOf } from "../../../src/drivers/hid/codec/usage.ts";
import { magneSafeReport, sureSwipeReport } from "../../support/swipe-reports.ts";

describe("a MagneSafe report", () => {
  it("tells quality, encryption, key and reader, from their places in the report", () => {
    expect(readMagneSafe(magneSafeReport({ status: [0, 1, 0], encodeType: 1 }))).toEqual({
      kind: "swipe",
      swipe: {
        tracks: ["read", "error", "empty"],
        encodeType: "aamva",
        encryptionStatus: "0006",
        hasKsn: true,
        readerSerial: "B0A1B2C",
      },
    });
  });

  it("has no key where the serial number of the key is blank", () => {
    expect(readMagneSafe(magneSafeReport({ ksn: new Uint8Array(10) }))).toMatchObject({ swipe: { hasKsn: false } });
    const last = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
    expect(readMagneSafe(magneSafeReport({ ksn: last }))).toMatchObject({ swipe: { hasKsn: true } });
  });

  it.each(["4111111111111111", "411111111111111", ";41111111111=30", "", "B0A1B2C\0C4", "B0A1B2C0A1B2C0A1"])(
    "gives no reader's serial number where there stands %j",
    (serial) => {
      const reading = readMagneSafe(magneSafeReport({ serial }));
      expect(reading.kind === "swipe" && reading.swipe.readerSerial).toBeUndefined();
    },
  );

  it("names a way of encoding that the manual does not list", () => {
    expect(readMagneSafe(magneSafeReport({ encodeType: 7 }))).toMatchObject({ swipe: { encodeType: "unknown" } });
  });

  it("is short below 508 bytes, and strange when a track is longer than its field", () => {
    expect(readMagneSafe(magneSafeReport({ bytes: 507 })).kind).toBe("short");
    expect(readMagneSafe(magneSafeReport({ bytes: 508 })).kind).toBe("swipe");
    expect(readMagneSafe(magneSafeReport({ lengths: [112, 112, 112] })).kind).toBe("swipe");
    expect(readMagneSafe(magneSafeReport({ lengths: [0, 113, 0] })).kind).toBe("strange");
  });
});

describe("a SureSwipe report", () => {
  it("tells of each track whether it could be read, and nothing else", () => {
    expect(readSureSwipe(sureSwipeReport({ status: [1, 0, 0] }))).toEqual({
      kind: "swipe",
      swipe: { tracks: ["error", "read", "empty"] },
    });
  });

  it("says the same whatever the tracks hold", () => {
    assert(
      property(uint8Array({ minLength: 330, maxLength: 330 }), (tail) => {
        const report = sureSwipeReport();
        report.set(tail, 7);
        expect(readSureSwipe(report)).toEqual(readSureSwipe(sureSwipeReport()));
      }),
    );
  });

  it("is short below 337 bytes, and strange when a track is longer than its field", () => {
    expect(readSureSwipe(sureSwipeReport({ bytes: 336 })).kind).toBe("short");
    expect(readSureSwipe(sureSwipeReport({ lengths: [111, 0, 0] })).kind).toBe("strange");
  });
});

describe("any bytes", () => {
  it("are read without an error, and leave no run of digits as long as a card number's", () => {
    assert(
      property(uint8Array({ maxLength: 900, size: "max" }), boolean(), (bytes, isDigits) => {
        const report = isDigits ? bytes.map((byte) => 0x30 + (byte % 10)) : bytes;
        report.subarray(0, 7).fill(0);
        for (const read of [readMagneSafe, readSureSwipe]) {
          expect(JSON.stringify(read(report))).not.toMatch(/[0-9]{12}/);
        }
      }),
    );
  });
});

describe("the purpose of a HID collection", () => {
  it.each([
    [0x8c, 0x02, "barcodeScanner"],
    [0x8d, 0x01, "scale"],
    [0x8e, 0x01, "cardReader"],
    [0x8f, 0x01, "posOther"],
    [0x01, 0x06, "keyboard"],
    [0x01, 0x02, "other"],
    [0xff00, 0x01, "vendor"],
    [0x0c, 0x01, "other"],
    [undefined, undefined, "other"],
  ])("of usage page %s, usage %s is %s", (page, usage, purpose) => {
    expect(purposeOf(page, usage)).toBe(purpose);
  });
});
