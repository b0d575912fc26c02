import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatProblems } from "../../../src/config/problem.ts";
import { ACQUIRERS, load, problemsOf, SITE } from "./a-config.ts";

const SECRET = "correct-horse-battery";

/** A config with a literal password, in the place where people would put it. */
const WITH_LITERAL = `${SITE}
uplink:
  url: mqtts://broker.example
  username: shop-1
  password: ${SECRET}
  clientId: gateway-1
  tls: { cert: /etc/c.pem, key: { file: /etc/k.pem } }
${ACQUIRERS}`;

describe("a secret that stands in the config", () => {
  it.each([
    ["as text", SECRET],
    ["in quotes", `"${SECRET}"`],
    ["in a list", `[${SECRET}]`],
    ["in a section", `{ value: ${SECRET} }`],
    ["as the name of a credential", `{ credential: "${SECRET}!" }`],
    ["as a path", `{ file: ${SECRET} }`],
    ["as a key", `{ ${SECRET}: x }`],
    ["beside a reference", `{ file: /etc/p, value: ${SECRET} }`],
    ["over several lines", `|\n    -----BEGIN PRIVATE KEY-----\n    ${SECRET}\n    -----END PRIVATE KEY-----`],
  ])("is refused with the form that is allowed, and not repeated: %s", (_, written) => {
    const problems = problemsOf(WITH_LITERAL.replace(SECRET, written));
    expect(problems.map(({ path }) => path)).toContain("uplink.password");
    const problem = problems.find(({ path }) => path === "uplink.password");
    expect(problem?.allowed).toContain("{ credential: NAME }");
    expect(problem?.remedy).toContain("{ file: /PATH/OF/IT }");
    expect(JSON.stringify(problems)).not.toContain(SECRET);
  });

  it.each([
    ["a number", "password: 8371625490", "8371625490"],
    ["an alias by its first character", "password: *correct-horse-battery", SECRET],
    ["an anchor by its first character", "password: &correct-horse-battery", SECRET],
    ["a tag by its first character", "password: !correct-horse-battery", SECRET],
    ["reserved by its first character", "password: @correct-horse-battery", SECRET],
    ["with a bad escape", 'password: "correct-horse-battery\\q"', SECRET],
    ["an unknown key's value", "passwd: correct-horse-battery", SECRET],
    ["without its colon", "password correct-horse-battery", SECRET],
    ["swallowed by a quote that is not closed", 'confirm: "receipt\n  password: correct-horse-battery"', SECRET],
    ["folded into the value above it", "confirm: receipt\n    correct-horse-battery", SECRET],
    ["swallowed on one line", 'confirm: "receipt, password: correct-horse-battery"', SECRET],
    ["a part of a key", "password correct-horse-battery: x", SECRET],
    ["alone in braces", "tls: { correct-horse-battery }", SECRET],
    ["in the broker's address", "url: mqtts://bob:correct-horse-battery@broker", SECRET],
    ["in what should be a section", "tls: correct-horse-battery", SECRET],
    ["in what should be a section's key", "tls: { key: correct-horse-battery }", SECRET],
  ])("is not repeated when it is %s", (_, line, secret) => {
    const text = `${SITE}\nuplink:\n  ${line}\n  username: shop-1\n${ACQUIRERS}`;
    const problems = problemsOf(text);
    expect(problems.length).toBeGreaterThan(0);
    expect(JSON.stringify(problems)).not.toContain(secret);
  });

  it("is never repeated, whatever one slip of a finger does to the text around it", () => {
    const from = WITH_LITERAL.indexOf(SECRET);
    const slip = fc.record({
      at: fc.nat(WITH_LITERAL.length).filter((at) => at <= from || at >= from + SECRET.length),
      remove: fc.nat(1),
      insert: fc.constantFrom(...`'"{}[],:&*!|>%@#-? \n\t\\`.split(""), ""),
    });
    fc.assert(
      fc.property(slip, ({ at, remove, insert }) => {
        const text = WITH_LITERAL.slice(0, at) + insert + WITH_LITERAL.slice(at + remove);
        fc.pre(text.includes(SECRET));
        const result = load(text);
        expect(result.ok ? "" : formatProblems(result.problems)).not.toContain(SECRET);
      }),
      { numRuns: 1000 },
    );
  }, 60_000);
});
