import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../../src/domain/canonical-json.ts";

const SAFE_NAMES = fc.string({ unit: "grapheme" }).filter((name) => name !== "__proto__");

/** Any JSON value, deep and with odd names. */
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.string({ unit: "grapheme" }),
    fc.array(tie("value"), { maxLength: 5 }),
    fc.dictionary(SAFE_NAMES, tie("value"), { maxKeys: 6 }),
  ),
})).value;

function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, member]) => [name, shuffled(member)]),
  );
}

describe("canonicalJson", () => {
  it("says the same as JSON: parsed back it is the value", () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it("has one text for one value, whatever the order of members", () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(canonicalJson(shuffled(value))).toBe(canonicalJson(value));
      }),
    );
  });

  it("leaves its own text as it is", () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
  });

  it("sorts names by UTF-16 code units: an emoji stands before U+FB33", () => {
    // RFC 8785 section 3.2.3, the example.
    const names = ["\u20ac", "\r", "\ufb33", "1", "\ud83d\ude00", "\u0080", "\u00f6"];
    const sorted = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\ud83d\ude00", "\ufb33"];
    const text = canonicalJson(Object.fromEntries(names.map((name) => [name, 0])));
    expect(text).toBe(`{${sorted.map((name) => `${JSON.stringify(name)}:0`).join(",")}}`);
  });

  it("writes numbers as ECMAScript does", () => {
    // RFC 8785 section 3.2.2 and appendix B.
    const numbers = [333333333.3333333, 1e30, 4.5, 2e-3, 1e-27, -0, 9007199254740994, 1e21, 999999999999999900000];
    expect(canonicalJson(numbers)).toBe(
      "[333333333.3333333,1e+30,4.5,0.002,1e-27,0,9007199254740994,1e+21,999999999999999900000]",
    );
  });

  it("leaves out members that are undefined", () => {
    expect(canonicalJson({ b: 1, a: undefined, c: { d: undefined } })).toBe('{"b":1,"c":{}}');
  });

  it.each([
    ["NaN", { amount: Number.NaN }, /amount/],
    ["an infinity", { amount: Number.POSITIVE_INFINITY }, /amount/],
    ["a bigint", { amount: 1n }, /amount/],
    ["a function", { amount: () => 1 }, /amount/],
    ["a symbol", { amount: Symbol("x") }, /amount/],
    ["undefined in an array", { list: [1, undefined] }, /list/],
    ["a Date", { at: new Date(0) }, /at is not a plain object/],
    ["a Map", { map: new Map() }, /map is not a plain object/],
    ["half a surrogate pair", { text: "\ud83d" }, /text/],
    ["half a surrogate pair in a name", { "\udca9": 1 }, /surrogate/],
    ["a member called __proto__", JSON.parse('{"x":{"__proto__":{"admin":true}}}'), /__proto__/],
  ])("refuses %s and names the member", (_what, value, message) => {
    expect(() => canonicalJson(value)).toThrow(TypeError);
    expect(() => canonicalJson(value)).toThrow(message);
  });

  it("refuses a value that contains itself", () => {
    const circle: Record<string, unknown> = {};
    circle["self"] = { circle };
    expect(() => canonicalJson(circle)).toThrow(/nested/);
  });
});
