import { describe, expect, it } from "vitest";
import { minorUnits } from "../../../src/domain/money.ts";
import { terminalId } from "../../../src/domain/terminal.ts";
import { type Outcome, transactionId } from "../../../src/domain/transaction.ts";
import { type Lately, lately } from "../../../src/terminals/lately.ts";
import { Told } from "./ledger-of-terminals.ts";

function sale(told: Told<Lately>, name: string, outcome: Outcome): void {
  told.transaction("requested", { id: transactionId(name), outcome: "inDoubt" });
  told.transaction("answered", { id: transactionId(name), outcome });
}

describe("what a terminal did last", () => {
  it("is the transaction that it began last, without an outcome while it is under way", () => {
    const told = new Told(lately);
    sale(told, "a", "approved");
    told.transaction("requested", { id: transactionId("b"), outcome: "inDoubt", amount: minorUnits(700) });
    const underWay = told.state.of("till-1").last;
    expect(underWay).toMatchObject({ id: "b", kind: "sale", amount: 700 });
    expect(underWay).not.toHaveProperty("outcome");
    told.transaction("answered", { id: transactionId("b"), outcome: "declined", amount: minorUnits(700) });
    // An older one whose doubt ends now is not what it did last.
    told.transaction("resolved", { id: transactionId("a"), outcome: "failed" });
    expect(told.state.of("till-1").last).toMatchObject({ id: "b", outcome: "declined" });
    expect(told.replayed()).toBe(lately.pack(told.state));
  });

  it("fails by what did not go as it should, and not by a card that was declined or a sale that is under way", () => {
    const told = new Told(lately);
    for (const [index, outcome] of (["approved", "declined", "failed", "reversed", "inDoubt"] as const).entries()) {
      sale(told, `t${index}`, outcome);
    }
    told.transaction("requested", { id: transactionId("now"), outcome: "inDoubt" });
    expect(told.state.of("till-1")).toMatchObject({ ended: 5, failed: 3 });
    told.transaction("resolved", { id: transactionId("t4"), outcome: "approved" });
    expect(told.state.of("till-1")).toMatchObject({ ended: 5, failed: 2 });
    expect(told.state.of("till-2")).toEqual({ ended: 0, failed: 0 });
  });

  it("looks at the newest 50 only: a bad morning is forgotten", () => {
    const told = new Told(lately);
    for (let n = 0; n < 10; n += 1) sale(told, `bad${n}`, "failed");
    for (let n = 0; n < 50; n += 1) sale(told, `good${n}`, "approved");
    told.transaction("resolved", { id: transactionId("bad9"), outcome: "inDoubt" });
    expect(told.state.of("till-1")).toMatchObject({ ended: 50, failed: 0 });
  });

  it("knows when the batch became the host's, and takes no end of day for one that the host refused", () => {
    const settlement = { terminal: terminalId("till-1"), stan: "", at: "2026-03-02T08:00:00.000Z" };
    const told = new Told(lately).add("settlement", { ...settlement, event: "answered", responseCode: "95" });
    expect(told.state.of("till-1").settledAt).toBeUndefined();
    told.after(60_000).add("settlement", { ...settlement, event: "batchClosed" });
    expect(told.state.of("till-1").settledAt).toEqual(told.moment);
    expect(told.replayed()).toBe(lately.pack(told.state));
    expect(lately.unpack("no snapshot")).toBeUndefined();
  });
});
