import { describe, expect, it } from "vitest";
import { instant } from "../../../src/domain/clock.ts";
import type { OpenItem } from "../../../src/terminals/open-items.ts";
import { planReplacement, type ReplacementFacts } from "../../../src/terminals/replace.ts";

function item(what: OpenItem["what"]): OpenItem {
  return { what, kind: what === "hold" ? "preAuth" : "sale", stan: "000001", at: instant(0) };
}

const FACTS: ReplacementFacts = {
  oldTerminal: "till-1",
  newTerminal: "till-2",
  isOldKnown: true,
  isNewKnown: true,
  isNewDisabled: false,
  isOtherMerchant: false,
  isOldInUse: false,
  canOldBeAsked: true,
  open: [],
  inherited: [],
};

describe("a replacement", () => {
  it("goes through where nothing is open", () => {
    expect(planReplacement(FACTS)).toEqual({ blocks: [], carried: [] });
  });

  it("waits for what only the old terminal can end, while that can be asked", () => {
    const { blocks, carried } = planReplacement({ ...FACTS, open: [item("inDoubt"), item("unsettled"), item("hold")] });
    expect(blocks.map(({ what, count }) => [what, count])).toEqual([
      ["inDoubt", 1],
      ["unsettled", 1],
    ]);
    for (const { remedy } of blocks) expect(Math.min(remedy.en.length, remedy.zh.length)).toBeGreaterThan(5);
    expect(carried.map(({ what }) => what)).toEqual(["hold"]);
  });

  it("carries everything over, with what is to be done, where the old one is dead", () => {
    const open = [item("inDoubt"), item("unsettled"), item("hold"), item("hold")];
    const { blocks, carried } = planReplacement({ ...FACTS, canOldBeAsked: false, open });
    expect(blocks).toEqual([]);
    expect(carried.map(({ what, count }) => [what, count])).toEqual([
      ["inDoubt", 1],
      ["hold", 2],
      ["unsettled", 1],
    ]);
  });

  it("carries what an earlier replacement left, though the old one answers: it cannot tell anything of that", () => {
    const { blocks, carried } = planReplacement({ ...FACTS, inherited: [item("inDoubt")] });
    expect(blocks).toEqual([]);
    expect(carried.map(({ what, count }) => [what, count])).toEqual([["inDoubt", 1]]);
  });

  it.each([
    [{ newTerminal: "till-1" }, "sameTerminal"],
    [{ isOldKnown: false }, "oldUnknown"],
    [{ isNewKnown: false }, "newUnknown"],
    [{ isNewDisabled: true }, "newDisabled"],
    [{ oldReplacedBy: "till-3" }, "alreadyReplaced"],
    [{ isOtherMerchant: true }, "otherMerchant"],
    [{ isOldInUse: true }, "inUse"],
  ] as const)("is blocked by %j", (differs, what) => {
    expect(planReplacement({ ...FACTS, ...differs }).blocks.map((block) => block.what)).toEqual([what]);
  });
});
