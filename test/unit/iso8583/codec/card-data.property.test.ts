import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeMessage } from "../../../../src/drivers/iso8583/codec/decode.ts";
import { encodeMessage } from "../../../../src/drivers/iso8583/codec/encode.ts";
import { observe } from "../../../../src/drivers/iso8583/codec/observe.ts";
import type { FieldValue } from "../../../../src/drivers/iso8583/codec/raw-message.ts";
import { seen, TOKEN, USUAL } from "./messages.ts";

/** An invented card number of 13 to 19 digits with a right Luhn digit, of a scheme that exists. */
const cards = fc
  .record({
    bin: fc.constantFrom("621234", "410203", "520314", "353012", "370123"),
    rest: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 6, maxLength: 12 }),
  })
  .map(({ bin, rest }) => withLuhn(bin + rest.join("")))
  // The fields around it are full of equal digits: what is found must be the card's.
  .filter((card) => !/(\d)\1\1/.test(card));

function withLuhn(digits: string): string {
  const sum = digits.split("").reduceRight((total, char, i) => {
    const doubled = (digits.length - i) % 2 === 1 ? 2 * Number(char) : Number(char);
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return digits + String((10 - (sum % 10)) % 10);
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function packed(digits: string): Buffer {
  return Buffer.from(digits.length % 2 === 0 ? digits : `${digits}F`, "hex");
}

/** Every field that a card number can stand in, each in its own way; the rest holds letters only. */
function everywhere(card: string, mti = "0200"): ReadonlyMap<number, FieldValue> {
  const track = `${card}D30122010000`;
  const pan = packed(card);
  return new Map<number, FieldValue>([
    [2, card],
    [4, "777777777777"],
    [11, "555555"],
    [14, "3012"],
    [35, track],
    [36, `99${card}D`],
    [37, "ABCDEFGHIJKL"],
    [41, "TERMINAL"],
    [42, "MERCHANT-NUMBER"],
    [43, ascii("SHOP".padEnd(40))],
    [45, ascii(`B${card}^X/Y^30122010`)],
    [46, ascii(`ref ${card} end`)],
    [48, { digits: mti.startsWith("05") ? "0".repeat(62) : `0100555555${card.padEnd(20, "F")}000000012345` }],
    [52, Buffer.concat([pan, pan]).subarray(0, 8)],
    [55, Buffer.concat([Buffer.from([0x5a, pan.length]), pan])],
    [56, ascii(card.replace(/(.{4})/g, "$1 "))],
    [57, ascii(card.replace(/(.{4})/g, "$1-"))],
    [58, ascii(`7777${card}`)],
    [59, ascii(`<${card}>`)],
    [60, "22555555000"],
    [62, ascii(card)],
    [63, ascii(`CUP${card} `)],
  ]);
}

/** Not even eight digits in a row: a mask shows six and four, never together. */
function expectHidden(text: string, card: string): void {
  for (let i = 0; i + 8 <= card.length; i++) expect(text).not.toContain(card.slice(i, i + 8));
}

describe("a card number in every field that can hold one", () => {
  test.each(["0200", "0210", "0320", "0400", "0500", "0510", "0800", "0810"])("does not leave a %s", (mti) => {
    fc.assert(
      fc.property(cards, (card) => {
        const frame = encodeMessage(
          { mti, tpdu: "6000030000", header: "603100310100", fields: everywhere(card, mti) },
          USUAL,
        );
        const observation = seen(frame);
        expect(observation.error).toBeUndefined();
        expectHidden(JSON.stringify(observation), card);
        expectHidden(JSON.stringify(decodeMessage(frame, USUAL)), card);
        expect(observation.card?.last4).toBe(card.slice(-4));
      }),
    );
  });

  test("is read from DE2 and from the track alike, and goes to the tokeniser once", () => {
    fc.assert(
      fc.property(cards, fc.constantFrom(2, 35), (card, de) => {
        const fields = new Map([[de, everywhere(card).get(de) ?? ""]]);
        const frame = encodeMessage({ mti: "0200", tpdu: "6000030000", header: "603100310100", fields }, USUAL);
        const asked: string[] = [];
        observe(frame, USUAL, (digits) => {
          asked.push(digits);
          return TOKEN;
        });
        expect(asked).toEqual([card]);
      }),
    );
  });
});
