import { describe, expect, test } from "vitest";
import { codedCourse } from "../../../src/sim/acquirer/amount-code.ts";
import { hostClock } from "../../../src/sim/acquirer/host-clock.ts";
import { hostText } from "../../../src/sim/acquirer/host-texts.ts";
import { USUAL_FRAMING } from "../../../src/sim/acquirer/frames.ts";
import { readRequest } from "../../../src/sim/acquirer/request.ts";
import { judgeReversal } from "../../../src/sim/acquirer/rules.ts";
import { readWire, WireMessage } from "../../../src/sim/acquirer/wire.ts";
import { totalsOf, withVerdict } from "../../../src/sim/acquirer/settlement.ts";
import type { BookEntry } from "../../../src/sim/acquirer/books.ts";
import { dummyMac } from "../../../src/sim/dummy-mac.ts";
import { REFERENCE_FRAMES } from "../../support/reference-frames.ts";

function booked(entry: Partial<BookEntry>): BookEntry {
  return {
    de41: "TG000001",
    de42: "999290153110001",
    batch: "000001",
    stan: "000001",
    mti: "0200",
    kind: "sale",
    amount: 1_000,
    state: "approved",
    code: "00",
    rrn: "000000000001",
    card: { first6: "621234", last4: "0001", length: 16 },
    day: "1122",
    bookedAt: 0,
    connection: 1,
    endpoint: 9_001,
    ...entry,
  };
}

function spell(at: string): readonly string[] {
  const { day, time, settlementDate } = hostClock(() => Date.parse(at), 480)();
  return [day, time.toString("hex"), settlementDate.toString("hex")];
}

describe("the host's figures", () => {
  test("count what stands, by side and by card", () => {
    const foreign = { first6: "400000", last4: "0002", length: 16 };
    const totals = totalsOf([
      booked({ amount: 1_000 }),
      booked({ amount: 500, approvedAmount: 300, code: "10" }),
      booked({ amount: 9_999, state: "declined" }),
      booked({ amount: 8_888, state: "reversed" }),
      booked({ amount: 1_000, kind: "saleVoid" }),
      booked({ amount: 70_000, kind: "preAuth" }),
      booked({ amount: 0, kind: "balance" }),
      booked({ amount: 400, kind: "refund", card: foreign }),
    ]);
    expect(totals.domestic).toEqual({ debitAmount: 1_300, debitCount: 2, creditAmount: 1_000, creditCount: 1 });
    expect(totals.foreign).toEqual({ debitAmount: 0, debitCount: 0, creditAmount: 400, creditCount: 1 });
  });

  test("go back as they came, with flags at digits 30 and 61", () => {
    const claimed = "1".repeat(62);
    const answer = withVerdict(claimed, { domestic: "notBalanced", foreign: "error" });
    expect(answer).toHaveLength(62);
    expect(answer[30]).toBe("2");
    expect(answer[61]).toBe("3");
    expect(answer.slice(0, 30) + answer.slice(31, 61)).toBe("1".repeat(60));
  });
});

describe("the host's rules for reversals", () => {
  const message = readWire(REFERENCE_FRAMES.reversal, USUAL_FRAMING);
  if (!(message instanceof WireMessage)) throw new Error("the reference's reversal is readable");
  const request = readRequest(message);
  const fits = { stan: "000002", amount: 12_345, day: "1122" };

  test.each([
    ["the original is not found, so that the terminal stops repeating", undefined, "00"],
    ["everything fits", booked(fits), "00"],
    ["it was reversed before", booked({ ...fits, state: "reversed" }), "00"],
    ["it was declined", booked({ ...fits, state: "declined" }), "00"],
    ["the amount differs", booked({ ...fits, amount: 12_344 }), "64"],
    ["it is of another day", booked({ ...fits, day: "1121" }), "25"],
  ])("when %s", (_when, original, code) => {
    expect(judgeReversal(original, request, "1122").code).toBe(code);
  });
});

describe("the host's clock", () => {
  test("moves the settlement date at 23:00 in its zone", () => {
    expect(spell("2025-12-31T14:59:59Z")).toEqual(["1231", "225959", "1231"]);
    expect(spell("2025-12-31T15:00:00Z")).toEqual(["1231", "230000", "0101"]);
    expect(spell("2025-12-31T16:00:00Z")).toEqual(["0101", "000000", "0101"]);
  });
});

describe("the host's texts", () => {
  test.each([
    ["03", "无效商户"],
    ["05", "不予承兑"],
    ["14", "无效卡号"],
    ["51", "余额不足"],
    ["54", "过期的卡"],
    ["55", "密码错"],
    ["96", "系统异常"],
  ])("say in GBK for %s: %s", (code, meaning) => {
    expect(new TextDecoder("gbk").decode(hostText(code))).toBe(meaning);
    expect(hostText(code)?.length, "DE63 has 20 bytes for it").toBeLessThanOrEqual(20);
  });
});

describe("amounts that say what to do", () => {
  test.each([
    [770_051, { code: "51" }],
    [770_003, { code: "03" }],
    [770_130, { afterMs: 30_000 }],
    [770_200, { delivery: "silent" }],
    [770_300, { delivery: "silent", booked: false }],
    [770_800, { delivery: "midMessage" }],
    [769_999, undefined],
    [771_000, undefined],
  ])("%i", (amount, course) => {
    expect(codedCourse(amount)).toEqual(course);
  });
});

describe("the dummy MAC", () => {
  test("is eight printable characters, and notices every changed byte", () => {
    const message = REFERENCE_FRAMES.sale.subarray(13, -8);
    const mac = dummyMac(message);
    expect(mac).toMatch(/^[0-9A-F]{8}$/);
    for (let at = 0; at < message.length; at++) {
      const changed = Buffer.from(message);
      changed.writeUInt8(changed.readUInt8(at) ^ 0x01, at);
      expect(dummyMac(changed)).not.toBe(mac);
    }
  });
});
