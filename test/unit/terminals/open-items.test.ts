import { describe, expect, it } from "vitest";
import { minorUnits } from "../../../src/domain/money.ts";
import { terminalId } from "../../../src/domain/terminal.ts";
import { transactionId } from "../../../src/domain/transaction.ts";
import { batchAgrees } from "../../../src/terminals/actions/batch-comparison.ts";
import { openItems } from "../../../src/terminals/open-items.ts";
import { Told } from "./ledger-of-terminals.ts";

function id(name: string) {
  return { id: transactionId(name) };
}

const SETTLED = { event: "batchClosed", terminal: terminalId("till-1"), stan: "", at: "2026-03-02T08:00:00.000Z" };

describe("what is open on a terminal", () => {
  it("is in doubt while nobody knows, then in its batch, then settled", () => {
    const told = new Told(openItems).transaction("requested", { ...id("a"), outcome: "inDoubt" });
    expect(told.state.of("till-1")).toMatchObject([{ what: "inDoubt" }]);
    told.transaction("answered", { ...id("a"), outcome: "approved", amount: minorUnits(1_200) });
    expect(told.state.of("till-1")).toMatchObject([{ what: "unsettled", amount: 1_200 }]);
    told.transaction("answered", { ...id("b"), outcome: "declined" });
    expect(told.state.of("till-1")).toHaveLength(1);
    told.add("settlement", SETTLED);
    expect(told.state.of("till-1")).toEqual([]);
    expect(told.replayed()).toBe(openItems.pack(told.state));
  });

  it("is a hold until it is completed or given back", () => {
    for (const kind of ["completion", "preAuthVoid"] as const) {
      const told = new Told(openItems).transaction("answered", { ...id("h"), kind: "preAuth", outcome: "approved" });
      expect(told.state.of("till-1")).toMatchObject([{ what: "hold" }]);
      told.add("settlement", SETTLED);
      expect(told.state.of("till-1")).toMatchObject([{ what: "hold" }]);
      told.transaction("answered", { ...id("c"), kind, outcome: "approved", originalTransaction: transactionId("h") });
      expect(told.state.of("till-1").filter(({ what }) => what === "hold")).toEqual([]);
    }
  });

  it("is a sale no more that was voided", () => {
    const told = new Told(openItems)
      .transaction("answered", { ...id("a"), outcome: "approved", stan: "000017" })
      .transaction("answered", { ...id("v"), kind: "saleVoid", outcome: "approved", original: { stan: "000017" } });
    expect(told.state.of("till-1")).toEqual([]);
  });

  it("gives the batch's sums, and none where they would be a guess", () => {
    const told = new Told(openItems)
      .transaction("answered", { ...id("a"), outcome: "approved", amount: minorUnits(1_000) })
      .transaction("answered", {
        ...id("b"),
        outcome: "approvedPartly",
        amount: minorUnits(900),
        approvedAmount: minorUnits(400),
      });
    const debits = { debitAmount: 1_400, debitCount: 2, creditAmount: 0, creditCount: 0 };
    expect(told.state.batchTotals("till-1")?.totals).toEqual(debits);
    const ours = told.state.batchTotals("till-1")?.totals;
    expect(batchAgrees([{ card: "girocard", count: 2, amount: minorUnits(1_400) }], ours)).toBe(true);
    expect(batchAgrees([{ card: "girocard", count: 2, amount: minorUnits(1_300) }], ours)).toBe(false);
    expect(batchAgrees([{ card: "girocard", count: 3, amount: minorUnits(1_400) }], ours)).toBe(false);
    expect(batchAgrees([{ card: "girocard", amount: minorUnits(1_400) }], ours)).toBe(true);
    expect(batchAgrees(undefined, ours)).toBeUndefined();
    told.transaction("answered", { ...id("r"), kind: "refund", outcome: "approved", amount: minorUnits(100) });
    expect(told.state.batchTotals("till-1")?.totals).toMatchObject({ creditAmount: 100, creditCount: 1 });
    expect(batchAgrees([], told.state.batchTotals("till-1")?.totals)).toBeUndefined();
    told.transaction("unanswered", { ...id("d"), outcome: "inDoubt" });
    expect(told.state.batchTotals("till-1")).toBeUndefined();
  });

  it("is bounded: what was too much to keep makes the sums unknown until the next batch", () => {
    const told = new Told(openItems);
    for (let n = 0; n < 2_100; n += 1) told.transaction("answered", { ...id(`t${n}`), outcome: "approved" });
    expect(told.state.of("till-1")).toHaveLength(2_000);
    expect(told.state.batchTotals("till-1")).toBeUndefined();
    told.add("settlement", SETTLED);
    expect(told.state.batchTotals("till-1")?.totals.debitCount).toBe(0);
  });
});
