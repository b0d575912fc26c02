import { describe, expect, it } from "vitest";
import { causeText } from "../../../src/diagnosis/cause-texts.ts";
import { CAUSES, isDiagnosisCause } from "../../../src/domain/diagnosis.ts";

const ALL = Object.keys(CAUSES)
  .filter(isDiagnosisCause)
  .map((cause) => [cause, causeText(cause)] as const);

describe("what staff are told", () => {
  it.each(ALL)("stands in both languages: %s", (_cause, { reason, advice }) => {
    for (const { en, zh } of [reason, advice]) {
      expect(en).toMatch(/^[A-Z].*[.]$/);
      expect(zh).toMatch(/[\u4e00-\u9fff].*。$/);
    }
  });

  it.each(ALL)(
    "proposes neither another merchant's terminal nor a smaller or split amount: %s",
    (_cause, { advice }) => {
      expect(advice.en).not.toMatch(/another merchant|other shop|smaller|split|less money/i);
      expect(advice.zh).not.toMatch(/其他商户|别的商户|借用|小额|分单|拆分|减少金额/);
      if (/another terminal/i.test(advice.en)) expect(advice.en).not.toMatch(/another shop/i);
    },
  );

  it("neither accuses nor confronts when the bank wants a card kept", () => {
    const { reason, advice } = causeText("card.keep");
    for (const text of [reason.en, advice.en])
      expect(text).not.toMatch(/stolen|fraud|thief|police|seize|confiscate|keep the card/i);
    for (const text of [reason.zh, advice.zh]) expect(text).not.toMatch(/被盗|盗窃|欺诈|报警|没收|扣留|扣下/);
  });
});
