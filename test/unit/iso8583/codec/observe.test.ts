import { describe, expect, test } from "vitest";
import type { FieldValue } from "../../../../src/drivers/iso8583/codec/raw-message.ts";
import { frameOf, observed, seen, USUAL } from "./messages.ts";
import { vector } from "./vectors.ts";

const CARD = "6212340000000001";
/** Expiry 3012, service code as given, and more. */
function trackOf(card: string, serviceCode: string): string {
  return `${card}D3012${serviceCode}0000000000`;
}

function gbk(hex: string): Uint8Array {
  return Buffer.from(hex, "hex");
}

describe("entry mode", () => {
  test.each([
    ["001", "unspecified", "entered"],
    ["012", "keyed", "none"],
    ["021", "magstripe", "entered"],
    ["051", "chip", "entered"],
    ["072", "contactless", "none"],
    ["801", "fallback", "entered"],
    ["910", "contactlessMagstripe", "unspecified"],
    ["951", "contactless", "entered"],
    ["961", "contactless", "entered"],
    ["981", "contactless", "entered"],
    ["921", "other", "entered"],
    ["999", "other", "unspecified"],
  ])("%s is %s, PIN %s", (code, method, pin) => {
    expect(observed("0200", { 22: code }).entryMode).toEqual({ code, method, pin });
  });

  test("a stripe that was read because the chip could not be is a fallback", () => {
    expect(observed("0200", { 22: "021", 60: "2200000100052" }).entryMode?.method).toBe("fallback");
    expect(observed("0200", { 22: "021", 60: "2200000100050" }).entryMode?.method).toBe("magstripe");
    expect(observed("0200", { 22: "051", 60: "2200000100052" }).entryMode?.method).toBe("chip");
  });
});

describe("card", () => {
  test("prefers DE2 and takes the service code from the track", () => {
    const { card } = observed("0200", { 2: CARD, 35: trackOf("4000000000000010", "201") });
    expect(card).toMatchObject({ bin6: "621234", last4: "0001", chipExpected: true });
  });

  test.each([
    ["101", false],
    ["201", true],
    ["601", true],
    ["521", false],
  ])("service code %s: chip expected %s", (code, chipExpected) => {
    expect(observed("0200", { 35: trackOf(CARD, code) }).card?.chipExpected).toBe(chipExpected);
  });

  test("believes nothing of an encrypted track but a number with a right check digit", () => {
    const security = "2610000000000000";
    const readable = observed("0200", { 35: trackOf(CARD, "201"), 53: security });
    expect(readable.card?.last4).toBe("0001");
    expect(readable.card).not.toHaveProperty("chipExpected");
    const noise = observed("0200", { 35: trackOf("6212340000000009", "201"), 53: security });
    expect(noise).toMatchObject({ cardPresent: true });
    expect(noise.card).toBeUndefined();
  });

  test("is present but not read when the track has no separator, or digits that are none", () => {
    for (const value of [{ digits: "6212340000000001" }, { digits: "62A2340000000001D3012201" }, { digits: "" }]) {
      expect(observed("0200", { 35: value })).toMatchObject({ cardPresent: true });
      expect(observed("0200", { 35: value }).card).toBeUndefined();
    }
  });

  test("counts filler F as no digit", () => {
    expect(observed("0200", { 2: { digits: `${CARD}FF` } }).card).toMatchObject({ last4: "0001", length: 16 });
  });

  test("is there when only chip data has it, of which nothing comes out", () => {
    const chip = Buffer.from("9f2701805a086212340000000001", "hex");
    expect(observed("0200", { 55: chip })).toMatchObject({ cardPresent: true });
    expect(observed("0200", { 55: chip }).card).toBeUndefined();
    expect(observed("0200", { 55: Buffer.from("9f270180", "hex") }).cardPresent).toBe(false);
    expect(observed("0200", { 36: `99${CARD}` }).cardPresent).toBe(true);
  });

  test("is not tokenised when it is shorter than any payment card", () => {
    const observation = observed("0200", { 2: "62123456789" });
    expect(observation.card).toEqual({ last4: "6789", length: 11, scheme: "unionpay", luhnOk: false });
    expect(observation.cardToken).toBeUndefined();
  });
});

describe("texts", () => {
  test("a blank authorisation code is none", () => {
    expect(observed("0210", { 38: "      " })).not.toHaveProperty("authCode");
    expect(observed("0210", { 38: "A1    " }).authCode).toBe("A1");
  });

  test("a currency that the table does not have keeps its number", () => {
    expect(observed("0200", { 49: "156" })).toMatchObject({ currency: "CNY" });
    expect(observed("0200", { 49: "999" })).toMatchObject({ currencyNumber: "999" });
    expect(observed("0200", { 49: "999" })).not.toHaveProperty("currency");
  });

  test("what is not printable in a name becomes a question mark", () => {
    expect(observed("0200", { 41: Buffer.from("AB\u0000\n\u00ffCD ", "latin1") }).de41).toBe("AB???CD");
  });

  test("the host's text loses the card organisation, control characters and runs of spaces, and has an end", () => {
    expect(observed("0210", { 63: "CUP" })).not.toHaveProperty("hostText");
    expect(observed("0210", { 63: "CUPcall\r\n  the   bank " }).hostText).toBe("call the bank");
    expect(observed("0210", { 63: "APPROVED" }).hostText).toBe("APPROVED");
    expect(observed("0210", { 63: "x".repeat(163) }).hostText).toBe("x".repeat(80));
    expect(observed("0210", { 63: gbk("bfa8bac5ceded0a7") }).hostText).toBe("卡号无效");
  });

  test("a card number in the host's text is masked before it could be cut in two", () => {
    const text = `${"x".repeat(72)}${CARD}`;
    expect(observed("0210", { 63: text }).hostText).toBe(`${"x".repeat(72)}621234**`);
    expect(observed("0210", { 63: "CUPno 6212 3400 0000 0001 known" }).hostText).toBe("no 621234******0001 known");
  });

  test("an operator is read from requests of the terminal's own only", () => {
    expect(observed("0800", { 63: "01 " })).toMatchObject({ operator: "01" });
    expect(observed("0500", { 63: "07 " })).toMatchObject({ operator: "07" });
    expect(observed("0200", { 63: "CUP" })).not.toHaveProperty("operator");
    expect(observed("0800", { 63: "?! " })).not.toHaveProperty("operator");
  });

  test("keys of a sign-in answer leave in no form", () => {
    const keys = Buffer.from("00112233445566778899aabbccddeeff01020304", "hex");
    const json = JSON.stringify(observed("0810", { 39: "00", 62: keys }));
    expect(json).not.toContain("0011223344");
    expect(json).not.toContain("ccdd");
    expect(json).toContain('"fields":[39,62]');
  });
});

describe("settlement and batch upload", () => {
  const DOMESTIC = "000000012345001000000000500002";

  test("a terminal without foreign cards may leave their block out", () => {
    const zero = { debitAmount: 0, debitCount: 0, creditAmount: 0, creditCount: 0 };
    const { totals, verdict } = observed("0510", { 48: `${DOMESTIC}1` });
    expect(totals?.domestic).toEqual({ debitAmount: 12_345, debitCount: 1, creditAmount: 500, creditCount: 2 });
    expect(totals?.foreign).toEqual(zero);
    expect(verdict).toEqual({ domestic: "balanced", foreign: "balanced" });
  });

  test("a flag that is missing or none of 1, 2, 3 is an error, not a balance", () => {
    expect(observed("0510", { 48: DOMESTIC }).verdict?.domestic).toBe("error");
    expect(observed("0510", { 48: `${DOMESTIC}0` }).verdict?.domestic).toBe("error");
    expect(observed("0510", { 48: `${DOMESTIC}7` }).verdict?.domestic).toBe("error");
  });

  test("totals that are too short or no digits end the message there", () => {
    expect(observed("0500", { 11: "000001", 48: "0001", 49: "156" })).toMatchObject({
      stan: "000001",
      error: { de: 48, reason: "lengthUnderMinimum" },
    });
    const bad = observed("0500", { 48: { digits: `${DOMESTIC.slice(0, 20)}F${DOMESTIC.slice(21)}0` }, 49: "156" });
    expect(bad).toMatchObject({ error: { de: 48, reason: "badDigit" } });
    expect(bad).not.toHaveProperty("totals");
    expect(bad).not.toHaveProperty("currency");
  });

  test("details are read as far as they are whole, whatever their count says", () => {
    const detail = `00000002${CARD}0000000000000100`;
    expect(observed("0320", { 48: `08${detail}` }).details).toHaveLength(1);
    expect(observed("0320", { 48: `01${detail}${detail}` }).details).toHaveLength(2);
    expect(observed("0320", { 48: `02${detail}${detail.slice(0, 30)}` }).details).toHaveLength(1);
  });

  test.each([
    ["zeros right", "62123400000000010000", "0001", 16],
    ["zeros left", "00006212340000000001", "0001", 16],
    ["F right", "6212340000000001FFFF", "0001", 16],
    ["F left", "FFFF6212340000000001", "0001", 16],
    ["F and zeros left", "F0006212340000000001", "0001", 16],
    ["nineteen digits, zero right", "62123400000000000120", "0012", 19],
    ["nineteen digits, zero left", "06212340000000000012", "0012", 19],
    ["sixteen digits that end in zero", "40000000000000100000", "0010", 16],
    ["no right check digit", "62123400000000030000", "0003", 16],
  ])("a card number in twenty digits: %s", (_, twenty, last4, length) => {
    const value = { digits: `0100000002${twenty}000000000100` };
    expect(observed("0320", { 48: value }).details).toMatchObject([
      { stan: "000002", amount: 100, card: { last4, length } },
    ]);
  });

  test("a detail without a card number has none", () => {
    const value = { digits: `0100000002${"F".repeat(20)}000000000100` };
    expect(observed("0320", { 48: value })).toMatchObject({ cardPresent: false, details: [{ amount: 100 }] });
  });

  test("an amount that is no number ends the message there", () => {
    const value = { digits: `0100000002${CARD}00000000000001F0` };
    expect(observed("0320", { 48: value, 60: "00000001201" })).toMatchObject({ error: { de: 48, reason: "badDigit" } });
  });

  test("DE48 of any other message is not looked at", () => {
    const value = { digits: "F".repeat(62) };
    for (const mti of ["0200", "0330", "0400"]) expect(observed(mti, { 48: value })).not.toHaveProperty("error");
  });
});

describe("what cannot be read", () => {
  test.each<[string, Record<number, FieldValue>, number]>([
    ["processing code", { 3: { digits: "0000A0" } }, 3],
    ["amount", { 4: { digits: "00000000000F" } }, 4],
    ["trace number", { 11: { digits: "00000B" } }, 11],
    ["time", { 12: { digits: "1015FF" } }, 12],
    ["date", { 13: { digits: "09F0" } }, 13],
    ["settlement date", { 15: { digits: "FFFF" } }, 15],
    ["entry mode", { 22: { digits: "A51" } }, 22],
    ["condition code", { 25: { digits: "0A" } }, 25],
    ["batch", { 60: { digits: "22A00001000" } }, 60],
    ["network code", { 60: { digits: "22000001A00" } }, 60],
    ["original", { 61: { digits: "00000100000A0930" } }, 61],
  ])("%s with digits that are none ends the message there", (_, fields, de) => {
    const all: Record<number, FieldValue> = { 2: CARD, 64: new Uint8Array(8), ...fields };
    const observation = observed("0200", all);
    expect(observation.error).toMatchObject({ de, reason: "badDigit" });
    expect(observation.card?.last4).toBe("0001");
    expect(observation.macPresent).toBe(false);
    expect(observation.fields).toEqual(Object.keys(all).map(Number));
  });

  test("keeps what came before and leaves out what came after", () => {
    const observation = observed("0200", { 3: "000000", 4: { digits: "0000000000FF" }, 11: "000001", 41: "12345678" });
    expect(observation).toEqual({
      mti: "0200",
      tpdu: "6000030000",
      processingCode: "000000",
      cardPresent: false,
      pinPresent: false,
      macPresent: false,
      fields: [3, 4, 11, 41],
      error: { de: 4, offset: 26, reason: "badDigit" },
    });
  });

  test("forgets a fault: the next message of the same shape is read whole", () => {
    const shape = { 3: "000000", 4: "000000000100", 11: "000001", 41: "12345678" };
    expect(observed("0200", shape).stan).toBe("000001");
    expect(observed("0200", { ...shape, 4: { digits: "00000000010F" } }).stan).toBeUndefined();
    expect(observed("0200", shape)).toMatchObject({ stan: "000001", de41: "12345678" });
  });

  test("reads messages of one bitmap and one size whose fields have other lengths", () => {
    const short = { 2: "6212340000000001", 4: "000000000100", 44: "ABCD" };
    const long = { 2: "621234000000000001", 4: "000000000200", 44: "ABC" };
    for (const [fields, amount, length] of [
      [short, 100, 16],
      [long, 200, 18],
      [short, 100, 16],
    ] as const) {
      expect(observed("0210", fields)).toMatchObject({ amount, card: { length } });
    }
  });

  test("stops at a secondary bitmap", () => {
    const frame = frameOf("0200", { 3: "000000" });
    frame[15] = (frame[15] ?? 0) | 0x80;
    expect(seen(frame).error).toEqual({ de: 1, offset: 23, reason: "secondaryBitmap" });
  });

  test("stops at a field that the table does not have", () => {
    const frame = frameOf("0200", { 3: "000000", 41: "12345678" });
    frame[18] = (frame[18] ?? 0) | 0x10; // field 28
    const observation = seen(frame);
    expect(observation.error).toEqual({ de: 28, offset: 26, reason: "unknownField" });
    expect(observation).toMatchObject({ processingCode: "000000", fields: [3, 28, 41] });
  });

  test("stops at a length beyond the field's longest, or one that is no number", () => {
    const frame = frameOf("0200", { 2: CARD });
    frame[23] = 0x20;
    expect(seen(frame).error).toEqual({ de: 2, offset: 23, reason: "lengthOverMaximum" });
    frame[23] = 0x1a;
    expect(seen(frame).error).toEqual({ de: 2, offset: 23, reason: "badDigit" });
  });

  test("says so when bytes follow the last field, as with a MAC that an acquirer appends", () => {
    const frame = Buffer.concat([frameOf("0200", { 11: "000001" }), Buffer.from("c0ffee00", "hex")]);
    frame.writeUInt16BE(frame.length - 2);
    expect(seen(frame)).toMatchObject({ stan: "000001", error: { de: 11, offset: 26, reason: "trailingBytes" } });
  });

  test("says so when the length is not the frame's", () => {
    const frame = frameOf("0200", { 11: "000001" });
    frame[1] = (frame[1] ?? 0) + 1;
    expect(seen(frame)).toMatchObject({ stan: "000001", error: { de: 0, offset: 0, reason: "lengthMismatch" } });
  });

  test("calls a message 0000 whose MTI cannot be read", () => {
    const frame = frameOf("0200", { 11: "000001" });
    frame[13] = 0xc2;
    expect(seen(frame)).toMatchObject({ mti: "0000", fields: [], error: { de: 0, offset: 13, reason: "badDigit" } });
    expect(seen(new Uint8Array(0))).toMatchObject({ mti: "0000", error: { de: 0, offset: 0, reason: "truncated" } });
    expect(seen(frame.slice(0, 20))).toMatchObject({ mti: "0000", error: { de: 1, offset: 20, reason: "truncated" } });
  });

  test("reads past fields that UnionPay does not use", () => {
    const observation = observed("0200", {
      4: "000000000100",
      6: "000000000013",
      10: "71234567",
      11: "000009",
      51: "840",
    });
    expect(observation).toMatchObject({ amount: 100, stan: "000009" });
    expect(observation).not.toHaveProperty("error");
  });
});

test("a long message header is read like a short one", () => {
  const { frame } = vector("sale-0200");
  const longer = Buffer.concat([frame.subarray(0, 13), Buffer.alloc(20, 0x31), frame.subarray(13)]);
  longer.writeUInt16BE(longer.length - 2);
  expect(seen(longer, { ...USUAL, headerBytes: 26 })).toEqual(seen(frame));
});
