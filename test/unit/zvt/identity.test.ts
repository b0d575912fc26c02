import { describe, expect, test } from "vitest";
import { instant } from "../../../src/domain/clock.ts";
import { currency } from "../../../src/domain/money.ts";
import { terminalId } from "../../../src/domain/terminal.ts";
import { checkIdentity, identityOf } from "../../../src/drivers/zvt/identity.ts";
import { zvtOptions } from "../../../src/drivers/zvt/options.ts";
import { registrationOf } from "../../../src/drivers/zvt/registration.ts";
import { passwordOf, type ZvtSetup } from "../../../src/drivers/zvt/setup.ts";
import { shopTime } from "../../../src/drivers/zvt/shop-clock.ts";
import { Secret } from "../../../src/runtime/secret.ts";
import { asHex, hex } from "./codec/bytes.ts";

const OPTIONS = zvtOptions.parse({ family: "zvt", link: { tcp: "192.168.1.50:20007" } });

function setup(differs: Partial<ZvtSetup> = {}): ZvtSetup {
  return {
    terminal: terminalId("till-1"),
    options: OPTIONS,
    currency: currency("CNY"),
    timezone: "Asia/Shanghai",
    ...differs,
  };
}

describe("who answers", () => {
  test("is put together from registration and status enquiry", () => {
    const registered = { status: { terminalNumber: "00000123" } };
    const enquired = { softwareVersion: "2.1", status: { tlv: { serial: "S1", model: "M" } } };
    expect(identityOf(registered, enquired)).toEqual({
      serial: "S1",
      terminalNumber: "00000123",
      model: "M",
      firmware: "2.1",
    });
    expect(identityOf({ status: {} }, { status: {} })).toEqual({});
  });

  test("is compared with what the config expects, zeros before a number aside", () => {
    const identity = { serial: "S1", terminalNumber: "00000123" };
    expect(() => checkIdentity(identity, undefined)).not.toThrow();
    expect(() => checkIdentity(identity, { serial: "S1", terminalNumber: "123" })).not.toThrow();
    expect(() => checkIdentity(identity, { serial: "S2" })).toThrow(/serial number is S1, not S2/);
    expect(() => checkIdentity(identity, { terminalNumber: "124" })).toThrow(/terminal number is 123, not 124/);
    expect(() => checkIdentity({}, { serial: "S2" })).toThrow(/not told/);
  });
});

describe("setup", () => {
  test("the password has six digits; terminals come with zeros", () => {
    expect(passwordOf(setup())).toBe("000000");
    expect(passwordOf(setup({ password: new Secret("123456") }))).toBe("123456");
    expect(() => passwordOf(setup({ password: new Secret("12345") }))).toThrow(RangeError);
  });

  test.each([
    [{}, "06 00 0E 000000 9E 0156 06 06 26 04 0A 02 06 D3"],
    [{ configByte: "98" }, "06 00 06 000000 98 0156"],
    [{ configByte: "18", serviceByte: "01" }, "06 00 08 000000 18 0156 03 01"],
    [{ configByte: "98", charset: "utf8" }, "06 00 0B 000000 98 0156 06 03 14 01 FE"],
  ] as const)("registration with %o", (differs, expected) => {
    const { apdu } = registrationOf(setup({ options: { ...OPTIONS, ...differs } }));
    expect(asHex(apdu)).toBe(asHex(hex(expected)));
  });

  test("the shop's time is that of its zone", () => {
    expect(shopTime(instant(Date.UTC(2026, 10, 26, 17, 5, 9)), "Asia/Shanghai")).toEqual({
      date: "261127",
      time: "010509",
    });
    expect(shopTime(instant(Date.UTC(2026, 10, 26, 23, 0, 0)), "Europe/Berlin")).toEqual({
      date: "261127",
      time: "000000",
    });
  });

  test.each([
    [{ configByte: 98 }, "hexadecimal"],
    [{ configByte: "9" }, "hexadecimal"],
    [{ answerTimeoutMs: 10 }, "1000"],
    [{ link: {} }, "tcp or serial"],
    [{ expect: { terminalNumber: "12A" } }, ""],
    [{ unknown: 1 }, "unknown"],
  ])("options with %o are wrong", (differs, words) => {
    const parsed = zvtOptions.safeParse({ family: "zvt", link: { tcp: "192.168.1.50:20007" }, ...differs });
    expect(parsed.success).toBe(false);
    expect(parsed.error?.message).toContain(words);
  });
});
