import { describe, expect, it } from "vitest";
import { transactionId } from "../../../src/domain/transaction.ts";
import { meanMs } from "../../../src/terminals/usage/tallies.ts";
import { usage } from "../../../src/terminals/usage/usage.ts";
import { Told } from "./ledger-of-terminals.ts";

function sale(told: Told<ReturnType<typeof usage.begin>>, name: string, ms: number, operator = "anna"): void {
  told.transaction("requested", { id: transactionId(name), outcome: "inDoubt", operator });
  told.after(ms).transaction("answered", { id: transactionId(name), outcome: "approved", operator });
}

describe("how much a terminal is used", () => {
  it("counts each transaction once, by how it ended, for terminal and operator", () => {
    const told = new Told(usage);
    sale(told, "a", 20_000);
    sale(told, "b", 40_000, "bo");
    told.transaction("requested", { id: transactionId("c"), outcome: "inDoubt", operator: "anna" });
    const used = told.state.of("till-1", told.moment.at);
    expect(used?.tally).toMatchObject({ transactions: 3, approved: 2, inDoubt: 1, declined: 0 });
    expect(used === undefined ? undefined : meanMs(used.tally)).toBe(30_000);
    told.transaction("resolved", { id: transactionId("c"), outcome: "failed", operator: "anna" });
    expect(told.state.operators.get("anna")).toMatchObject({ transactions: 2, approved: 1, inDoubt: 0, failed: 1 });
    expect(told.state.operators.get("bo")).toMatchObject({ transactions: 1, approved: 1 });
    expect(told.replayed()).toBe(usage.pack(told.state));
  });

  it("does not count what never reached a terminal, nor news of what was counted long ago", () => {
    const told = new Told(usage);
    told.transaction("refused", { id: transactionId("x"), outcome: "refused" });
    told.transaction("answeredAgain", { id: transactionId("y"), outcome: "approved" });
    expect(told.state.of("till-1", told.moment.at)?.tally.transactions ?? 0).toBe(0);
  });

  it("is the share of the last hour and the last day", () => {
    const told = new Told(usage);
    told.after(24 * 3_600_000);
    for (let n = 0; n < 10; n += 1) {
      sale(told, `s${n}`, 180_000);
      told.after(180_000);
    }
    const now = told.state.of("till-1", told.moment.at);
    expect(now?.lastHour).toBeCloseTo(0.5, 1);
    expect(now?.lastDay).toBeCloseTo(0.5 / 24, 2);
    const later = told.state.of("till-1", told.moment.at + 2 * 3_600_000);
    expect(later?.lastHour).toBe(0);
  });

  it("knows two hundred operators at most, and stays small for years", () => {
    const told = new Told(usage);
    for (let n = 0; n < 3_000; n += 1) sale(told, `t${n}`, 30_000, `operator-${n}`);
    expect(told.state.operators.size).toBe(200);
    expect(told.state.operators.get("others")?.transactions).toBe(2_801);
    expect(told.state.of("till-1", told.moment.at)?.tally.transactions).toBe(3_000);
    expect(usage.pack(told.state).length).toBeLessThan(100_000);
  });

  it("counts outages and what was tried against them", () => {
    const told = new Told(usage)
      .terminal("stateChanged", { from: "unknown", to: "offline", reason: "silent" })
      .terminal("recoveryTried", { rung: "reopen" });
    expect(told.state.of("till-1", told.moment.at)).toMatchObject({ outages: 1, recoveries: 1 });
  });
});
