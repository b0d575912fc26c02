import { expect, it } from "vitest";
import { type FindingName, STATUS_OF, WORDS } from "../../../src/cli/selftest/words.ts";

/** Names of the figures that a text asks for. */
function figuresIn(text: (figures: Record<string, string>) => string): readonly string[] {
  const asked = new Set<string>();
  text(
    new Proxy<Record<string, string>>(
      {},
      {
        get: (_, name) => {
          asked.add(String(name));
          return "";
        },
      },
    ),
  );
  return [...asked].toSorted();
}

function names(): readonly FindingName[] {
  return Object.keys(STATUS_OF).filter((name): name is FindingName => name in STATUS_OF);
}

it("both languages say the same of every finding, with what to do wherever it is not well", () => {
  for (const name of names()) {
    const [en, zh] = [WORDS.en.findings[name], WORDS["zh-CN"].findings[name]];
    expect(figuresIn(zh.found), name).toEqual(figuresIn(en.found));
    const isWell = STATUS_OF[name] === "pass";
    expect([en.remedy === undefined, zh.remedy === undefined], name).toEqual([isWell, isWell]);
    expect(zh.found({}), name).toMatch(/\p{Script=Han}/u);
  }
});
