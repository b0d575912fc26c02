import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GOOD, load } from "./a-config.ts";

/** Pieces that YAML gives a meaning to, and pieces that our schema does. */
const PIECES = [
  "\n",
  "\n  ",
  "\n    ",
  "- ",
  ": ",
  ":",
  "{",
  "}",
  "[",
  "]",
  ",",
  "'",
  '"',
  "&a ",
  "*a",
  "!t ",
  "!!set ",
  "|",
  ">",
  "#",
  "? ",
  "%",
  "---",
  "...",
  "\t",
  "\0",
  "\uFEFF",
  "~",
  "null",
  "0x",
  ".inf",
  "1e999",
  "__proto__",
  "constructor",
  "<<",
  "site",
  "uplink",
  "url",
  "acquirers",
  "family",
  "iso8583",
  "endpoints",
  "listen",
  "debitKinds",
  "terminals",
  "id",
  "acquirer",
  "address",
  "password",
  "tls",
  "cert",
  "key",
  "file",
];

const yamlish = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 3 })), { maxLength: 60 })
  .map((parts) => parts.join(""));

/** A good config with a few pieces put in or taken out anywhere. */
const mangled = fc
  .array(
    fc.record({
      at: fc.nat(GOOD.length),
      remove: fc.nat(6),
      insert: fc.oneof(fc.constant(""), fc.constantFrom(...PIECES)),
    }),
    { maxLength: 6 },
  )
  .map((edits) =>
    edits.reduce((text, { at, remove, insert }) => text.slice(0, at) + insert + text.slice(at + remove), GOOD),
  );

describe("any text at all", () => {
  it.each([
    ["strings", fc.string({ unit: "binary", maxLength: 200 })],
    ["YAML without sense", yamlish],
    ["a good config, mangled", mangled],
  ])(
    "gets a typed answer and never an exception: %s",
    (_, texts) => {
      fc.assert(
        fc.property(texts, (text) => {
          const result = load(text);
          if (result.ok) return;
          expect(result.problems.length).toBeGreaterThan(0);
          for (const problem of result.problems) {
            expect(problem.line).toBeGreaterThanOrEqual(1);
            expect(problem.column).toBeGreaterThanOrEqual(1);
            for (const words of [problem.found, problem.allowed, problem.remedy]) expect(words).not.toBe("");
            expect(problem.found.length).toBeLessThanOrEqual(120);
          }
        }),
        { numRuns: 500 },
      );
    },
    60_000,
  );

  it.each([
    ["brackets", "[".repeat(200_000)],
    ["dashes", "- ".repeat(200_000)],
    ["braces with keys", "{a: ".repeat(100_000)],
    ["indentation", Array.from({ length: 900 }, (_, level) => `${" ".repeat(level)}a:`).join("\n")],
  ])("nested too deeply is refused before it can exhaust the stack: %s", (_, text) => {
    expect(load(text)).toMatchObject({ ok: false, problems: [{ found: "more than 32 levels of nesting" }] });
  });

  it("with too many parts is refused", () => {
    expect(load("a: 1\n".repeat(100_000))).toMatchObject({
      ok: false,
      problems: [{ found: "more than 100000 parts" }],
    });
  });

  it("over 1 MiB is refused unread", () => {
    expect(load(`${GOOD}#${"x".repeat(1_048_576)}`)).toMatchObject({
      ok: false,
      problems: [{ allowed: "at most 1048576 bytes" }],
    });
  });

  it("aliases that stand for billions of values are refused, one by one", () => {
    const levels = Array.from(
      { length: 9 },
      (_, level) =>
        `a${level}: &a${level} [${Array(9)
          .fill(`*a${level - 1}`)
          .join(",")}]`,
    );
    const result = load(`a: &a-1 [x]\n${levels.join("\n")}`);
    expect(result.ok).toBe(false);
  });
});
