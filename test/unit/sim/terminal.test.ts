import { describe, expect, test } from "vitest";
import { hasIssuerScript } from "../../../src/sim/terminal/chip-data.ts";
import { inventCard, withCheckDigit } from "../../../src/sim/terminal/card.ts";
import { drawRead, entryModeCode } from "../../../src/sim/terminal/entry-mode.ts";
import { TerminalMemory } from "../../../src/sim/terminal/memory.ts";
import { busyness, gapMs, price } from "../../../src/sim/terminal/shop-day.ts";
import { createTerminal } from "../../../src/sim/terminal/terminal.ts";
import { seededRandom } from "../../../src/sim/seeded-random.ts";
import { drawWeighted } from "../../../src/sim/weighted.ts";

describe("invented cards", () => {
  const random = seededRandom(11);
  const cards = Array.from({ length: 500 }, () => inventCard(random));

  test("have a valid check digit and lie in ranges that nobody issues", () => {
    for (const { pan } of cards) {
      expect(withCheckDigit(pan.slice(0, -1))).toBe(pan);
      expect(pan).toMatch(/^(6212340000|4000000000|5100000000|3700000000)/);
    }
    expect(withCheckDigit("621234000000000"), "the reference's card").toBe("6212340000000001");
  });

  test("have even and odd lengths, tracks within their bounds, and the number in each track", () => {
    expect(new Set(cards.map(({ pan }) => pan.length))).toEqual(new Set([15, 16, 19]));
    expect(new Set(cards.map(({ track2 }) => track2.length))).toEqual(new Set([36, 37]));
    for (const { pan, track2, track3 } of cards) {
      expect(track2).toMatch(/^\d+=\d+$/);
      expect(track2.startsWith(`${pan}=`)).toBe(true);
      if (track3 !== undefined) expect(track3.startsWith(`99${pan}=`)).toBe(true);
      if (track3 !== undefined) expect(track3).toHaveLength(104);
    }
    expect(cards.some(({ track3 }) => track3 !== undefined)).toBe(true);
  });

  test("are read as customers do it", () => {
    const codes = new Set(cards.map((card) => entryModeCode(drawRead(card, 5_000, random))));
    expect(codes).toEqual(new Set(["051", "072", "021", "022"]));
    const large = new Set(cards.map((card) => entryModeCode(drawRead(card, 200_000, random))));
    expect(large, "large amounts want a PIN also when tapped").not.toContain("072");
  });

  test("are the same for the same seed", () => {
    expect(inventCard(seededRandom(3))).toEqual(inventCard(seededRandom(3)));
    expect(inventCard(seededRandom(3))).not.toEqual(inventCard(seededRandom(4)));
  });
});

describe("a terminal's memory", () => {
  test("counts trace numbers from 999999 on to 000001", () => {
    const memory = new TerminalMemory(999_999);
    expect([memory.takeStan(), memory.takeStan(), memory.takeStan()]).toEqual(["999999", "000001", "000002"]);
  });

  test("counts batches from 999999 on to 000001", () => {
    const memory = new TerminalMemory(1, 999_999);
    memory.closeBatch();
    expect(memory.batch).toBe("000001");
  });
});

describe("a terminal", () => {
  test("is not built with an identity that does not fit its fields", () => {
    const options = { host: "127.0.0.1", port: 1, random: seededRandom(1) };
    expect(() => createTerminal({ ...options, de41: "TG1", de42: "999290153110001" })).toThrow("DE41");
    expect(() => createTerminal({ ...options, de41: "TG000001", de42: "9992" })).toThrow("DE42");
  });

  test("finds an issuer script behind other tags", () => {
    const authentication = "910a11223344556677883030";
    expect(hasIssuerScript(Buffer.from(authentication, "hex"))).toBe(false);
    expect(hasIssuerScript(Buffer.from(`9f36020001${authentication}72059f18020001`, "hex"))).toBe(true);
    expect(hasIssuerScript(Buffer.from("91", "hex"))).toBe(false);
  });
});

describe("a shop's day", () => {
  test("is busiest at lunch and in the evening", () => {
    expect(busyness(12.5)).toBeGreaterThan(busyness(15));
    expect(busyness(19)).toBeGreaterThan(busyness(15));
    expect(busyness(3)).toBeLessThan(0.2);
  });

  test("brings customers at the rate that was asked for", () => {
    const random = seededRandom(5);
    const gaps = Array.from({ length: 20_000 }, () => gapMs(6, random));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    expect(mean).toBeGreaterThan(9_700);
    expect(mean).toBeLessThan(10_300);
  });

  test("has whole prices of at least one yuan around the median", () => {
    const random = seededRandom(6);
    const prices = Array.from({ length: 10_000 }, () => price(6_800, random)).sort((a, b) => a - b);
    expect(prices.every((fen) => Number.isInteger(fen) && fen >= 80)).toBe(true);
    expect(prices[5_000]).toBeGreaterThan(6_000);
    expect(prices[5_000]).toBeLessThan(7_600);
    expect(prices.filter((fen) => fen % 100 === 0 || fen % 100 === 90).length).toBeGreaterThan(6_500);
  });

  test("draws by weight", () => {
    const random = seededRandom(7);
    const drawn = Array.from({ length: 10_000 }, () =>
      drawWeighted(
        [
          ["a", 1],
          ["b", 3],
        ],
        random(),
      ),
    );
    const share = drawn.filter((choice) => choice === "b").length / drawn.length;
    expect(share).toBeGreaterThan(0.72);
    expect(share).toBeLessThan(0.78);
  });
});
