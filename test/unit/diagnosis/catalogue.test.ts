import { describe, expect, it } from "vitest";
import { CapturedOutput } from "../../support/captured-output.ts";
import { GOOD, load, problemsOf } from "../config/a-config.ts";
import { main } from "../../../src/cli/program.ts";
import type { CodeEntry } from "../../../src/diagnosis/catalogue/code-entry.ts";
import { DEVICE_WORDS, ZVT_WORDS } from "../../../src/diagnosis/catalogue/device-words.ts";
import { explain } from "../../../src/diagnosis/catalogue/explain.ts";
import { explainDevice } from "../../../src/diagnosis/catalogue/explain-device.ts";
import { CODE_PROFILES } from "../../../src/domain/code-words.ts";
import { isApprovedWithFlag, verdictOf } from "../../../src/domain/response-code.ts";
import { resultMeaning } from "../../../src/drivers/zvt/codec/results.ts";

/** The table of the reference, section 2.2, with those below it. */
const CODES = (
  "00 01 02 03 04 05 06 07 09 10 11 12 13 14 15 16 17 19 20 21 22 23 25 30 31 33 34 35 36 37 38 39 40 41 42 43 44 45 51 " +
  "52 53 54 55 56 57 58 59 60 61 62 63 64 65 66 67 68 75 77 78 79 90 91 92 93 94 95 96 97 98 99 A0 A1 A2 A3 A4 A5 A6 A7 " +
  "A8 B1 C1 D1 D2 D3 D4 DB DC F0 N1 P1 Y1 Y3 Z0 Z1 Z3 46 5C 6P 82 N7 R0 R1 R3 86 1A Y8 E1 E7 RS RF OT 08 18 24 26 27 28 " +
  "29 32 47 48 49 50 69 70 71 72 73 74 76 80 81 83 84 85 87 88 89"
).split(" ");
const SCHEMES = ["unionpay", "visa", "mastercard"] as const;

const answers = CODES.flatMap((code) =>
  SCHEMES.flatMap((scheme) => CODE_PROFILES.map((profile) => explain({ code, scheme, profile, mti: "0210" }))),
);
const reversals = ["98", "A0", "96", "06"].map((code) => explain({ code, mti: "0400" }));
const devices = DEVICE_WORDS.map(([word]) => explainDevice(word));
const all = [...answers, ...reversals, ...devices, explain({ code: "QQ" })];

function adviceOf({ advice }: CodeEntry) {
  return [advice.staff, advice.technician, advice.hq];
}

describe("the catalogue of response codes", () => {
  it("has every code of the reference, with a meaning of its own in both languages", () => {
    expect(answers.filter(({ source }) => source === "none")).toEqual([]);
    for (const language of ["en", "zh"] as const) {
      const meanings = CODES.map((code) => explain({ code }).meaning[language]);
      expect(meanings.filter((text, at) => meanings.indexOf(text) !== at)).toEqual([]);
    }
  });

  it("speaks English and Chinese to staff, technician and headquarters", () => {
    for (const entry of all)
      for (const { en, zh } of [entry.meaning, ...adviceOf(entry)]) {
        expect(en, entry.code).toMatch(/^[\x20-\x7e]+$/);
        expect(zh, entry.code).toMatch(/\p{Script=Han}/u);
      }
  });

  it("proposes no other merchant, and no smaller or split amount", () => {
    const forbidden =
      /(an)?other merchant|different merchant|(smaller|lower|reduced?) (the )?amount|\bsplit|several payments|分单|拆单|拆分|分次|分笔|小额|(降低|减少|较小)金额|(其他|另一|别的)商户/i;
    for (const entry of all) for (const { en, zh } of adviceOf(entry)) expect(`${en} ${zh}`).not.toMatch(forbidden);
  });

  it("neither accuses nor confronts where a card should be picked up, and holds none by force", () => {
    const pickUps = all.filter(({ retry }) => retry === "keepCard");
    expect(new Set(pickUps.map(({ code }) => code)).size).toBeGreaterThan(10);
    const harsh =
      /stolen|fraud|suspect|thief|police|seize|confiscate|(keep|hold|retain) the card|盗|欺诈|作弊|嫌疑|没收|扣|吞卡|报警/i;
    for (const { advice } of pickUps) expect(`${advice.staff.en} ${advice.staff.zh}`).not.toMatch(harsh);
  });

  it("agrees with what the ledger books: only an approval has nothing wrong", () => {
    for (const { code, layer, retry } of answers) {
      const approved = ["approved", "approvedPartly"].includes(verdictOf(code));
      expect([code, layer === "none"]).toEqual([code, approved]);
      if (retry === "ok") expect(approved, code).toBe(true);
      if (approved && !isApprovedWithFlag(code)) expect(retry, code).toBe("ok");
    }
  });

  it("has 08, 26 and 32 looked up before anything is repeated", () => {
    for (const code of ["08", "26", "32"]) expect(explain({ code }).retry).toBe("checkBeforeRetry");
  });

  it("reads 98, A0, 06 and 96 of a reversal's request as its reason, and of an answer as an answer", () => {
    for (const { source, retry } of reversals) expect([source, retry]).toEqual(["reversal", "checkBeforeRetry"]);
    expect(explain({ code: "A0", mti: "0410" })).toMatchObject({ source: "unionpay", retry: "reSignIn" });
    expect(explain({ code: "98", mti: "0210" }).meaning.en).toContain("did not answer UnionPay");
    expect(explain({ code: "51", mti: "0400" }).source).toBe("none");
  });

  it("lets the acquirer's own word go first, then its profile, then the scheme", () => {
    const meaning = { en: "Contract ended", zh: "合同终止" };
    const overrides = { "78": { meaning, layer: "merchant", retry: "escalateAcquirer" } } as const;
    expect(explain({ code: "78" }).layer).toBe("unknown");
    expect(explain({ code: "78", scheme: "visa" })).toMatchObject({ source: "scheme", layer: "card" });
    expect(explain({ code: "78", scheme: "visa", profile: "terminalCodes" }).retry).toBe("reSignIn");
    expect(explain({ code: "78", profile: "terminalCodes", overrides })).toMatchObject({ source: "override", meaning });
  });

  it("says how long to wait, what is pointless, and to which Visa category it belongs", () => {
    expect(explain({ code: "90" }).waitS).toBe(1200);
    expect(explain({ code: "61" }).waitUntil).toBe("nextDay");
    expect(explain({ code: "57" })).toMatchObject({ visaCategory: 1, pointlessToRepeat: true });
    expect(explain({ code: "03" })).toMatchObject({ visaCategory: 2, layer: "merchant", topics: ["M"] });
    expect(explain({ code: "91" }).pointlessToRepeat).toBe(false);
    expect(explain({ code: "00" }).visaCategory).toBeUndefined();
  });

  it("never guesses what a code in no list means, and keeps the host's words", () => {
    const entry = explain({ code: "QQ", hostText: "SEE HOST" });
    expect(entry).toMatchObject({ layer: "unknown", retry: "escalateAcquirer", hostText: "SEE HOST" });
  });

  it("means by a ZVT result what the driver means", () => {
    for (const [code, word] of Object.entries(ZVT_WORDS)) {
      expect([code, resultMeaning(Number.parseInt(code, 16), "decimal").word]).toEqual([code, word]);
      expect(explainDevice(code).source).toBe("device");
    }
    expect(explainDevice("EE").layer).toBe("unknown");
  });
});

function withCodes(codes: string): string {
  return `${GOOD}    codes: ${codes}\n`;
}

describe("acquirers[].codes", () => {
  const word = "meaning: { en: Ended, zh: 终止 }";

  it("takes a profile and an acquirer's own meanings", () => {
    const config = load(
      withCodes(`{ profile: cardCodes, overrides: { "B1": { ${word}, layer: merchant, retry: noRetry } } }`),
    );
    expect(config.ok && config.config.acquirers[0]?.codes.profile).toBe("cardCodes");
  });

  it.each([
    `{ overrides: { "00": { ${word}, layer: merchant, retry: noRetry } } }`,
    `{ overrides: { "51": { ${word}, layer: none, retry: noRetry } } }`,
    `{ overrides: { "51": { ${word}, layer: card, retry: ok } } }`,
    "{ profile: other }",
  ])("refuses %s: nothing makes an approval, or takes one away", (codes) => {
    expect(problemsOf(withCodes(codes))).toHaveLength(1);
  });
});

describe("tillgate explain", () => {
  it("prints who does what, in the language that is asked for", async () => {
    const output = new CapturedOutput();
    expect(await main(["explain", "03", "--lang", "zh-CN"], output)).toBe(0);
    expect(output.printed.join("\n")).toMatch(/无效商户[\s\S]*店员: /);
  });

  it("ends with 1 when nobody knows the code, and repeats no long number", async () => {
    const output = new CapturedOutput();
    expect(await main(["explain", "q9", "--json"], output)).toBe(1);
    expect(await main(["explain", "6212340000000000"], output)).toBe(64);
    expect(output.complained.join(" ")).not.toContain("6212340000000000");
  });
});
