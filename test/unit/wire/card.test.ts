import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { displayCard } from "../../../src/domain/card.ts";
import { luhnOk, maskCard, maskPackedCard } from "../../../src/drivers/wire/card.ts";

describe("mask", () => {
  test.each([
    ["6212340000000001", "621234******0001"],
    ["6212340000000000012", "621234*********0012"],
    ["370123456789012", "370123*****9012"],
    ["30012345678901", "300123****8901"],
    ["4000000000001", "*********0001"],
    ["12345678", "****5678"],
    ["1234567", "****567"],
    ["12345", "****5"],
    ["1234", "****"],
    ["1", "*"],
  ])("%s is shown as %s", (digits, shown) => {
    expect(displayCard(maskCard(digits))).toBe(shown);
  });

  test("hides at least four digits of any number", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 4, maxLength: 19 }), (all) => {
        const { bin6 = "", last4, length } = maskCard(all.join(""));
        expect(length).toBe(all.length);
        expect(length - bin6.length - last4.length).toBeGreaterThanOrEqual(4);
      }),
    );
  });

  test("is the same for digits that are still packed", () => {
    const digits = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 6, maxLength: 19 }).map((all) => all.join(""));
    fc.assert(
      fc.property(digits, fc.constantFrom("0", "F"), fc.option(fc.boolean(), { nil: undefined }), (all, pad, chip) => {
        const bytes = Buffer.from(`00${all}${pad}`.slice(0, 2 * Math.ceil((all.length + 2) / 2)), "hex");
        expect(maskPackedCard(all, bytes, 1, chip)).toEqual(maskCard(all, chip));
      }),
    );
  });

  test("says what the service code told, and nothing when there was none", () => {
    expect(maskCard("6212340000000001", true)).toHaveProperty("chipExpected", true);
    expect(maskCard("6212340000000001", false)).toHaveProperty("chipExpected", false);
    expect(maskCard("4000000000001", true)).toHaveProperty("chipExpected", true);
    expect(maskCard("6212340000000001")).not.toHaveProperty("chipExpected");
  });
});

describe("Luhn digit", () => {
  test.each(["6212340000000001", "6212340000000000012", "4000000000000010", "0", "18"])("%s is right", (digits) => {
    expect(luhnOk(digits)).toBe(true);
  });

  test.each(["6212340000000002", "4000000000000001", "", "1", "62123400000000O1", "-18"])("%s is wrong", (digits) => {
    expect(luhnOk(digits)).toBe(false);
  });
});

test.each([
  ["620000", "unionpay"],
  ["629999", "unionpay"],
  ["810000", "unionpay"],
  ["400000", "visa"],
  ["499999", "visa"],
  ["510000", "mastercard"],
  ["559999", "mastercard"],
  ["222100", "mastercard"],
  ["272099", "mastercard"],
  ["222099", "other"],
  ["272100", "other"],
  ["340000", "amex"],
  ["379999", "amex"],
  ["352800", "jcb"],
  ["358999", "jcb"],
  ["352799", "other"],
  ["300000", "diners"],
  ["360000", "diners"],
  ["389999", "diners"],
  ["601100", "discover"],
  ["650000", "discover"],
  ["500000", "maestro"],
  ["570000", "maestro"],
  ["676770", "maestro"],
  ["900000", "other"],
  ["62", "other"],
])("numbers that begin with %s are of %s", (digits, scheme) => {
  expect(maskCard(digits).scheme).toBe(scheme);
  expect(maskCard(digits.padEnd(19, "0")).scheme).toBe(digits === "62" ? "unionpay" : scheme);
});
