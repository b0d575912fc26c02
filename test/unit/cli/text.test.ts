import { describe, expect, it } from "vitest";
import {
  columns,
  decimalAmount,
  displayAmount,
  localTime,
  printable,
  withoutLongNumbers,
} from "../../../src/cli/text.ts";
import { currency, minorUnits } from "../../../src/domain/money.ts";

describe("text for people", () => {
  it("shows an amount with the digits that its currency has", () => {
    expect(displayAmount(minorUnits(12_345), currency("CNY"))).toBe("123.45 CNY");
    expect(displayAmount(minorUnits(5), currency("EUR"))).toBe("0.05 EUR");
    expect(displayAmount(minorUnits(500), currency("JPY"))).toBe("500 JPY");
    expect(displayAmount(minorUnits(1), currency("KWD"))).toBe("0.001 KWD");
    expect(displayAmount(minorUnits(100), undefined)).toBe("1.00 (currency unknown)");
    expect(decimalAmount(minorUnits(999_999_999_999), currency("CNY"))).toBe("9999999999.99");
  });

  it("shows a time in the machine's zone with its offset, and the same moment", () => {
    const shown = localTime("2026-01-31T10:00:00.000Z");
    expect(shown).toMatch(/^2026-0[12]-\d\d \d\d:\d\d:\d\d [+-]\d\d:\d\d$/);
    const [day = "", clock = "", offset = ""] = shown.split(" ");
    expect(new Date(`${day}T${clock}${offset}`).toISOString()).toBe("2026-01-31T10:00:00.000Z");
    expect(localTime("not a time")).toBe("not a time");
  });

  it("lets no text from outside drive the terminal", () => {
    expect(printable("\u001b[2JPOS\u009b1\u0007\u202e中国")).toBe("·[2JPOS·1··中国");
  });

  it("hides numbers as long as a card's", () => {
    expect(withoutLongNumbers("argument '6212340000000001' is invalid")).toBe("argument '(long number)' is invalid");
  });

  it("counts a Chinese character as the two columns that it takes", () => {
    expect(columns(["终端", "B"], [["a", "b"]])).toEqual(["终端  B", "a     b"]);
  });

  it("aligns columns", () => {
    expect(
      columns(
        ["A", "LONG"],
        [
          ["1", "2"],
          ["three", ""],
        ],
      ),
    ).toEqual(["A      LONG", "1      2", "three"]);
  });
});
