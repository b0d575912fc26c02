import { describe, expect, test } from "vitest";
import { intermediateMeaning } from "../../../../src/drivers/zvt/codec/intermediate-status.ts";
import { hostCode, resultMeaning } from "../../../../src/drivers/zvt/codec/results.ts";
import {
  conditionOf,
  conditionOfStatusByte,
  statusMeaning,
} from "../../../../src/drivers/zvt/codec/terminal-status.ts";
import { terminalText } from "../../../../src/drivers/zvt/codec/text.ts";
import { hex } from "./bytes.ts";

/** Reference zvt.md, 3.8: every id beyond the host's. */
const RESULTS =
  "64 65 66 67 68 6A 6B 6C 6E 6F 71 72 73 74 75 76 77 78 79 7A 7B 7C 7E 7D 83 85 89 9A 9B 9C A0 A1 A3 A4 A5 B1 B2 B4 B5 B7 B8 BF C0 C1 C2 C3 C4 C5 C6 C8 C9 CB CC CD D2 DC DD DE E0 E2 E3 E4 E7 E8 E9 EA EB EC ED F0 F1 F5 F6 FA FB FC FD FE FF";
/** 3.7. */
const INTERMEDIATE =
  "00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F 10 11 12 13 14 15 16 17 18 19 1A 1B 1C 1D 26 27 28 29 2A 2B 2C 66 67 68 69 C7 C8 C9 CA CB CC D2 D3 E0 E1 E2 F1 F2 F3 FF";
/** 3.9. */
const STATUS = "00 51 62 9C 9D B1 B2 BF C0 DF E0 E2 E4 CC C1 C2 C4 DC E1 E3 F0 F6";

const CHINESE = /[\u4e00-\u9fff]|Geldkarte/;

function text(bytes: string, charset: "cp437" | "utf8"): string {
  return terminalText(hex(bytes), 0, hex(bytes).length, charset);
}

describe("meanings", () => {
  test.each(RESULTS.split(" "))("result %s", (code) => {
    const { word, en, zh } = resultMeaning(Number.parseInt(code, 16), "decimal");
    expect(word).not.toBe("unknownResult");
    expect(en).not.toBe("");
    expect(zh).toMatch(CHINESE);
  });

  test.each([
    [0x05, "decimal", "05", "declined"],
    [0x33, "decimal", "51", "declined"],
    [0x37, "decimal", "55", "declined"],
    [0x5b, "decimal", "91", "failed"],
    [0x63, "decimal", "99", "failed"],
    [0x05, "bcd", "05", "declined"],
    [0x51, "bcd", "51", "declined"],
    [0x91, "bcd", "91", "failed"],
  ] as const)("result %i, %s, is host code %s", (result, kind, code, outcome) => {
    expect(hostCode(result, kind)).toBe(code);
    expect(resultMeaning(result, kind)).toMatchObject({ word: "hostDeclined", outcome });
  });

  test("what is 0 is approved, what the terminal itself says is no host code, and no other result is an approval", () => {
    expect(resultMeaning(0, "decimal").outcome).toBe("approved");
    expect(hostCode(0, "decimal")).toBeUndefined();
    expect(hostCode(0x6c, "decimal")).toBeUndefined();
    expect(hostCode(0x6c, "bcd")).toBeUndefined();
    expect(hostCode(0x78, "bcd")).toBeUndefined();
    for (let code = 1; code <= 0xff; code++) {
      for (const kind of ["decimal", "bcd"] as const) expect(resultMeaning(code, kind).outcome).not.toBe("approved");
    }
  });

  test.each(INTERMEDIATE.split(" "))("intermediate status %s", (code) => {
    const { en, zh } = intermediateMeaning(Number.parseInt(code, 16));
    expect(en).not.toContain("Terminal status");
    expect(zh).toMatch(CHINESE);
  });

  test("40 hex more asks to remove the card", () => {
    for (let code = 0x01; code <= 0x1d; code++) expect(intermediateMeaning(code + 0x40).step).toBe("removeCard");
    expect(intermediateMeaning(0x04).step).toBe("waitingForHost");
    expect(intermediateMeaning(0x0a).step).toBe("presentCard");
    expect(intermediateMeaning(0x77).en).toBe("Terminal status 77");
  });

  test.each(STATUS.split(" "))("terminal status %s", (code) => {
    const { reason, en, zh } = statusMeaning(Number.parseInt(code, 16));
    expect(reason).not.toBe("unknownStatus");
    expect(en).not.toBe("");
    expect(zh).toMatch(CHINESE);
  });

  test("recovery stands with the status", () => {
    expect(conditionOf(0)).toEqual({ state: "ready", code: "00" });
    expect(conditionOf(0x51)).toEqual({
      state: "attention",
      code: "51",
      reason: "initialisationRequired",
      remedy: "initialise",
    });
    expect(conditionOf(0xf0)).toMatchObject({ remedy: "settle" });
    expect(conditionOf(0x9c)).toMatchObject({ state: "wait", remedy: "wait" });
    expect(conditionOf(0x77)).toEqual({ state: "attention", code: "77", reason: "unknownStatus" });
    expect(conditionOfStatusByte(0x03)).toMatchObject({ remedy: "initialise" });
    expect(conditionOfStatusByte(0x02)).toMatchObject({ remedy: "diagnose" });
    expect(conditionOfStatusByte(0x18)).toBeUndefined();
  });

  test("texts are read in the terminal's own code page, or in UTF-8 where that was asked for", () => {
    expect(text("81 62 65 72 0A 84 FF E1 20 20", "cp437")).toBe("über ä ß");
    expect(text("C3 BC E4 B8 AD", "utf8")).toBe("ü中");
  });
});
