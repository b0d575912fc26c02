import { describe, expect, test } from "vitest";
import * as command from "../../../../src/drivers/zvt/codec/commands.ts";
import { asHex, hex } from "./bytes.ts";

const PASSWORD = "000000";

/** The first ten stand in the reference as vectors; the others are its command table written out. */
const WRITTEN: readonly [name: string, written: Uint8Array, expected: string][] = [
  ["status enquiry", command.statusEnquiry(), "05 01 00"],
  ["abort", command.abortCommand(), "06 B0 00"],
  [
    "registration",
    command.registration({ password: PASSWORD, configByte: 0xba, currencyNumber: "978" }),
    "06 00 06 000000 BA 0978",
  ],
  ["authorisation of 10.10", command.authorisation({ amount: 1010 }), "06 01 07 04 000000001010"],
  [
    "pre-authorisation",
    command.preAuthorisation({ amount: 25_000, currencyNumber: "978" }),
    "06 22 0A 04 000000025000 49 0978",
  ],
  ["enquiry for open holds", command.openHoldsEnquiry(), "06 23 03 87 FFFF"],
  ["partial reversal", command.partialReversal("0042", 1000), "06 23 0A 87 0042 04 000000001000"],
  ["reversal", command.reversal(PASSWORD, "42"), "06 30 06 000000 87 0042"],
  ["end of day", command.endOfDay(PASSWORD), "06 50 03 000000"],
  ["diagnosis", command.diagnosis(), "06 70 00"],
  [
    "registration with everything",
    command.registration({
      password: "123456",
      configByte: 0x9e,
      currencyNumber: "156",
      serviceByte: 1,
      permitted: [0x06d3],
      charset: 0xfe,
    }),
    "06 00 13 123456 9E 0156 03 01 06 09 14 01 FE 26 04 0A 02 06 D3",
  ],
  ["log-off", command.logOff(), "06 02 00"],
  [
    "authorisation with currency and type",
    command.authorisation({ amount: 1, currencyNumber: "978", paymentType: 0x40 }),
    "06 01 0C 04 000000000001 49 0978 19 40",
  ],
  ["book total", command.bookTotal("7", 500), "06 24 0A 87 0007 04 000000000500"],
  ["pre-authorisation reversal", command.preAuthorisationReversal("0007"), "06 25 03 87 0007"],
  ["refund", command.refund(PASSWORD, 1234, "978"), "06 31 0D 000000 04 000000001234 49 0978"],
  ["status enquiry with password", command.statusEnquiry("123456"), "05 01 03 123456"],
  ["diagnosis of the line", command.diagnosis(1), "06 70 05 06 03 1B 01 01"],
  ["initialisation", command.initialisation(PASSWORD), "06 93 03 000000"],
  ["set date and time", command.setDateTime(PASSWORD, "261126", "235959"), "06 91 0B 000000 AA 261126 0C 235959"],
  ["repeat receipt", command.repeatReceipt(PASSWORD), "06 20 03 000000"],
];

describe("commands", () => {
  test.each(WRITTEN)("%s", (_name, written, expected) => {
    expect(asHex(written)).toBe(asHex(hex(expected)));
  });

  test.each([
    ["an amount of more than twelve digits", () => command.authorisation({ amount: 1_000_000_000_000 })],
    ["an amount below the smallest unit", () => command.authorisation({ amount: 1.5 })],
    ["a password with a letter", () => command.endOfDay("12345A")],
    ["a receipt number of five digits", () => command.preAuthorisationReversal("12345")],
  ])("%s is not written", (_name, write) => {
    expect(write).toThrow(RangeError);
  });
});
