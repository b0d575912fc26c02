import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cardToken, displayCard } from "../../../../src/domain/card.ts";
import { luhnOk } from "../../../../src/drivers/wire/card.ts";
import { encodeApdu } from "../../../../src/drivers/zvt/codec/apdu.ts";
import { decodeMessage } from "../../../../src/drivers/zvt/codec/messages.ts";
import { maskedText } from "../../../../src/drivers/zvt/codec/text.ts";
import { withoutSplitNumbers } from "../../../../src/drivers/zvt/codec/split-numbers.ts";
import { ascii, bmp, joined, tlv } from "../../../../src/drivers/zvt/codec/writing.ts";
import { hex } from "./bytes.ts";

const cardNumbers = fc
  .tuple(
    fc.constantFrom("62", "4", "51", "67", "37"),
    fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 13, maxLength: 16 }),
  )
  .map(([head, digits]) => withCheckDigit(head + digits.join("")));

function withCheckDigit(digits: string): string {
  const last = Array.from("0123456789").find((digit) => luhnOk(digits + digit));
  return digits + (last ?? "");
}

/** The number's middle, of which nothing may be seen. */
function hiddenPart(number: string): string {
  return number.slice(6, -4);
}

function packed(digits: string): Uint8Array {
  return hex(digits.length % 2 === 0 ? digits : `${digits}F`);
}

describe("card data", () => {
  test("of a number in the clear mask and token come out, and never its middle", () => {
    fc.assert(
      fc.property(cardNumbers, (number) => {
        const tokenised: string[] = [];
        const apdu = encodeApdu(
          0x040f,
          joined(
            bmp(0x22, packed(number)),
            bmp(0x23, packed(`${number}D2912201`.padEnd(32, "0"))),
            bmp(0x24, ascii(number)),
            bmp(0x2d, ascii(number)),
            bmp(0x3a, hex("123F")),
            bmp(0x3c, ascii(`card ${number} used`)),
            bmp(0x8b, ascii(number)),
            bmp(
              0x06,
              joined(tlv(0x1f08, ascii(number)), tlv(0x1f09, packed(number)), tlv(0x24, tlv(0x07, ascii(number)))),
            ),
          ),
        );
        const message = decodeMessage(apdu, {
          charset: "cp437",
          tokenise: (digits) => {
            tokenised.push(digits);
            return cardToken("0123456789abcdef");
          },
        });
        expect(tokenised).toEqual([number]);
        const shown = JSON.stringify(message);
        expect(shown).toContain(number.slice(-4));
        expect(shown).not.toContain(number);
        expect(shown).not.toContain(number.slice(0, -4));
        expect(shown.replace(/[^0-9]/g, "")).not.toContain(number.slice(4, -2));
      }),
    );
  });

  test.each([
    ["621234EEEEEE0001", "621234******0001"],
    ["EEEEEEEEEEEE0001", "************0001"],
    ["62123400EEEE0001", "621234******0001"],
    ["62123400000EEEEF", "621234*********"],
    ["621234EEEEEE0001D2912", "621234******0001"],
    ["EEEEEE00", "******00"],
  ])("a number that the terminal hides, %s, is kept as %s and makes no token", (digits, expected) => {
    const message = decodeMessage(encodeApdu(0x040f, bmp(0x22, packed(digits))), {
      charset: "cp437",
      tokenise: () => {
        throw new Error("a hidden number makes no token");
      },
    });
    const card = message.type === "status" ? message.status.card : undefined;
    expect(card === undefined ? "no card" : displayCard(card)).toBe(expected);
    expect(card?.hiddenByTerminal).toBe(true);
  });

  test("printed numbers are masked whatever stands between their digits", () => {
    const gaps = fc.array(fc.constantFrom("", " ", "-", "  ", "   ", ". "), { minLength: 20, maxLength: 20 });
    fc.assert(
      fc.property(cardNumbers, gaps, (number, between) => {
        const line = Array.from(number)
          .map((digit, i) => digit + (i === number.length - 1 ? "" : (between[i] ?? "")))
          .join("");
        const shown = maskedText(`Card: ${line} ok`);
        expect(shown.replace(/[^0-9]/g, "")).not.toContain(hiddenPart(number));
        expect(shown).toContain(" ok");
      }),
    );
  });

  test("a number that a line break cuts is hidden on both lines, also over more than two", () => {
    // Within the shortest number: behind its last digit nothing is cut.
    const cuts = fc.array(fc.integer({ min: 1, max: 11 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(cardNumbers, cuts, (number, at) => {
        const broken = Array.from(number, (digit, i) => (at.includes(i) ? `\n  ${digit}` : digit)).join("");
        const lines = `Card: ${broken} ok`.split("\n");
        const shown = withoutSplitNumbers(lines).join("");
        expect(shown.replace(/[^0-9]/g, "")).not.toContain(hiddenPart(number));
        expect(shown).toContain(" ok");
      }),
    );
  });

  test.each([
    [
      ["IBAN: DE89 3704 0044", " 0532 0130 00 EUR"],
      ["IBAN: DE** **** ****", " **** **** ** EUR"],
    ],
    [
      ["DE893704004405", "32013000", "0815"],
      ["DE************", "********", "0815"],
    ],
  ])("an account number that a line break cuts, %j, is hidden", (lines, expected) => {
    expect(withoutSplitNumbers(lines)).toEqual(expected);
  });

  test("a slip without a number that is cut stays as it is", () => {
    const slip = [
      "TA-Nr. 000815 Beleg 0042",
      "26.11.2026 12:34:56",
      "VU 4556677001",
      "4111 1111 1111",
      "4000 EUR",
      "10,00",
    ];
    expect(withoutSplitNumbers(slip)).toEqual(slip);
  });

  test.each([
    ["IBAN DE89370400440532013000", "IBAN DE****************3000"],
    ["IBAN: DE89 3704 0044 0532 0130 00", "IBAN: DE****************3000"],
    ["KontoDE89370400440532013000 SEPA", "KontoDE****************3000 SEPA"],
    ["AT61 1904 3002 3457 3201 EUR 5,00", "AT**************3201 EUR 5,00"],
  ])("%s is printed as %s", (line, expected) => {
    expect(maskedText(line)).toBe(expected);
  });

  test.each([
    "Terminal-ID 52000123",
    "TA-Nr. 000815 Beleg 0042",
    "26.11.2026 12:34:56",
    "AID A0000000041010",
    "VU 4556677001",
  ])("%s stays as it is", (line) => {
    expect(maskedText(line)).toBe(line);
  });
});
