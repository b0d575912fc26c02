import { describe, expect, test } from "vitest";
import { withoutCardNumbers } from "../../../src/drivers/wire/card-number-finder.ts";

describe("card numbers in free text", () => {
  test.each([
    ["no 6212340000000001 here", "no 621234******0001 here"],
    ["6212340000000001", "621234******0001"],
    ["6212 3400 0000 0001 ok", "621234******0001 ok"],
    ["6212-3400-0000-0001", "621234******0001"],
    ["a6212340000000001b4000000000000010c", "a621234******0001b400000******0010c"],
    ["6212340000000001 4000000000000010", "621234******0001 400000******0010"],
    ["12 6212340000000001 99", "12 621234******0001 99"],
    ["6212340000000000012", "621234*********0012"],
    ["４００００００００００００１０ no number", "４００００００００００００１０ no number"],
    ["卡号６２１２３４００００００００００1不符", "卡号６２１２３４００００００００００1不符"],
    ["卡号６２１２３４０００００００００１不符", "卡号621234******0001不符"],
  ])("%s", (text, clean) => {
    expect(withoutCardNumbers(text)).toBe(clean);
  });

  test.each([
    "amount 000000012345 approved",
    "6212340000000002",
    "call 400 820 1234",
    "2026-09-30 10:15",
    "621234******0001",
    "",
    "卡号无效",
  ])("%s stays", (text) => {
    expect(withoutCardNumbers(text)).toBe(text);
  });

  test("a number too long for a card is starred whole when it hides one", () => {
    expect(withoutCardNumbers("ref 99996212340000000001999 x")).toBe("ref *********************** x");
    expect(withoutCardNumbers("ref 00000000000000000000000 x")).toBe("ref 00000000000000000000000 x");
  });

  test("the longest group that is a card is taken, so that no part of it stays beside its mask", () => {
    expect(withoutCardNumbers("6212 3400 0000 0000 012")).toBe("621234*********0012");
  });

  test("a text full of digits takes no longer than it should", () => {
    const digits = "1234567890".repeat(100);
    expect(withoutCardNumbers(digits)).toHaveLength(digits.length);
    const groups = "12 ".repeat(300);
    expect(withoutCardNumbers(groups)).toContain("12");
  });
});
