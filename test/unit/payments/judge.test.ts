import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { minorUnits } from "../../../src/domain/money.ts";
import type { LastTransaction } from "../../../src/domain/payment.ts";
import { judge } from "../../../src/terminals/payments/judge.ts";
import { stepBetween, stepOf } from "../../../src/terminals/payments/numbering.ts";

const ORDER = { kind: "sale", amount: minorUnits(1_250) } as const;

function last(
  differs: Partial<LastTransaction["transaction"]>,
  outcome: LastTransaction["outcome"] = "approved",
): LastTransaction {
  return { outcome, kind: "sale", transaction: { amount: ORDER.amount, receiptNumber: "0042", ...differs } };
}

describe("counters", () => {
  it("begin again at 1 behind their nines", () => {
    expect(stepBetween("9999", "0001", 4)).toBe("next");
    expect(stepBetween("9998", "0003", 4)).toBe("newer");
    expect(stepBetween("999999", "000001", 6)).toBe("next");
    expect(stepBetween("0001", "9999", 4)).toBe("unknown");
  });

  it("that were reset tell nothing", () => {
    expect(stepBetween("0057", "0001", 4)).toBe("unknown");
    expect(stepBetween("0057", "0000", 4)).toBeUndefined();
    expect(stepBetween("0057", "57a", 4)).toBeUndefined();
    expect(stepBetween(undefined, "0001", 4)).toBeUndefined();
  });

  it("are the same however many zeros stand before them", () => {
    expect(stepBetween("57", "0057", 4)).toBe("same");
    expect(stepBetween("000057", "58", 4)).toBe("next");
  });

  it("that contradict each other tell nothing", () => {
    expect(stepOf({ receiptNumber: "0041", stan: "000100" }, { receiptNumber: "0041", stan: "000101" })).toBe(
      "unknown",
    );
    expect(stepOf({ receiptNumber: "0041", stan: "000100" }, { receiptNumber: "0042", stan: "000100" })).toBe(
      "unknown",
    );
    expect(stepOf({ receiptNumber: "0041", stan: "000100" }, { receiptNumber: "0042", stan: "000007" })).toBe(
      "unknown",
    );
    expect(stepOf({ receiptNumber: "0041", stan: "000100" }, { receiptNumber: "0042", stan: "000105" })).toBe("next");
  });

  it("are never newer both ways, whatever they are", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9_999 }), fc.integer({ min: 1, max: 9_999 }), (a, b) => {
        const [there, back] = [stepBetween(String(a), String(b), 4), stepBetween(String(b), String(a), 4)];
        expect([there, back].filter((step) => step === "next" || step === "newer").length).toBeLessThanOrEqual(1);
        expect(there === "same").toBe(a === b);
      }),
    );
  });
});

describe("the newest transaction of a terminal", () => {
  it("proves that an order was charged when it is newer, and kind and amount are the order's", () => {
    expect(judge(ORDER, { receiptNumber: "0041" }, last({}))).toMatchObject({
      verdict: "charged",
      outcome: "approved",
    });
    expect(judge(ORDER, { receiptNumber: "0030" }, last({}))).toMatchObject({ verdict: "charged" });
    expect(judge(ORDER, { stan: "000041" }, last({ stan: "000042" }))).toMatchObject({ verdict: "charged" });
  });

  it("proves nothing by an equal amount alone", () => {
    expect(judge(ORDER, { receiptNumber: "0043" }, last({}))).toMatchObject({ verdict: "unknown" });
    expect(judge(ORDER, undefined, last({}))).toMatchObject({ verdict: "unknown" });
    expect(judge(ORDER, {}, last({}))).toMatchObject({ verdict: "unknown" });
    expect(judge(ORDER, { stan: "000001" }, last({}))).toMatchObject({ verdict: "unknown" });
  });

  it("proves that nothing was charged when it is the one from before the order", () => {
    expect(judge(ORDER, { receiptNumber: "0042" }, last({}))).toMatchObject({
      verdict: "notCharged",
      outcome: "failed",
      isRemembered: false,
    });
  });

  it("proves nothing when it is another one: the order's own may stand behind it", () => {
    const after = { receiptNumber: "0041" };
    expect(judge(ORDER, after, last({ amount: minorUnits(1_251) }))).toMatchObject({ verdict: "unknown" });
    expect(judge(ORDER, after, { ...last({}), kind: "refund" })).toMatchObject({ verdict: "unknown" });
    const { amount: _amount, ...without } = last({}).transaction;
    expect(judge(ORDER, after, { outcome: "approved", kind: "sale", transaction: without })).toMatchObject({
      verdict: "unknown",
    });
  });

  it("tells also that the order was declined, or undone", () => {
    const after = { receiptNumber: "0041" };
    for (const outcome of ["declined", "failed", "reversed"] as const) {
      expect(judge(ORDER, after, last({}, outcome))).toMatchObject({
        verdict: "notCharged",
        outcome,
        isRemembered: true,
      });
    }
    expect(judge(ORDER, after, last({ approvedAmount: minorUnits(1_000) }))).toMatchObject({
      outcome: "approvedPartly",
    });
  });

  it("of no kind is believed only about the very next one", () => {
    const { kind: _kind, ...unkind } = last({});
    expect(judge(ORDER, { receiptNumber: "0041" }, unkind)).toMatchObject({ verdict: "charged" });
    expect(judge(ORDER, { receiptNumber: "0040" }, unkind)).toMatchObject({ verdict: "unknown" });
  });

  it("answers for an order without an amount only when it is the very next one, and of its kind", () => {
    const reversal = { kind: "reversal" } as const;
    expect(judge(reversal, { receiptNumber: "0041" }, { ...last({}), kind: "reversal" })).toMatchObject({
      verdict: "charged",
    });
    expect(judge(reversal, { receiptNumber: "0040" }, { ...last({}), kind: "reversal" })).toMatchObject({
      verdict: "unknown",
    });
    expect(judge(reversal, { receiptNumber: "0041" }, last({}))).toMatchObject({ verdict: "unknown" });
  });

  it("that there is none proves nothing: a closed batch leaves none", () => {
    expect(judge(ORDER, { receiptNumber: "0041" }, undefined)).toMatchObject({ verdict: "unknown" });
  });
});
