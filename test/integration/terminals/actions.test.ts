import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { instant } from "../../../src/domain/clock.ts";
import { minorUnits } from "../../../src/domain/money.ts";
import { terminalId } from "../../../src/domain/terminal.ts";
import { transactionId } from "../../../src/domain/transaction.ts";
import type { Orderer } from "../../../src/terminals/actions/order.ts";
import { claimed, SupervisedShop } from "../../support/supervised-shop.ts";

const TILL = terminalId("till-1");
const LI: Orderer = { who: "Li", reason: "keypad broken", by: "technician" };

let shop: SupervisedShop;

beforeEach(() => {
  shop = new SupervisedShop();
});

afterEach(async () => {
  await shop.stop();
});

function bodies(kind: string): readonly unknown[] {
  return shop.records.filter((record) => record.kind === kind).map(({ body }) => body);
}

describe("pause and resume", () => {
  it("outlive a restart, with reason, person and end, and end by themselves", async () => {
    shop.add("till-1");
    await shop.start();
    const until = instant(shop.clock.now() + 3_600_000);
    expect(await shop.supervised.actions.pause(TILL, LI, until)).toEqual({ done: "paused" });
    expect(bodies("action")).toMatchObject([{ action: "pause", terminal: "till-1", who: "Li", by: "technician" }]);
    await shop.restart();
    await shop.clock.pass(10_000);
    expect(shop.view("till-1")).toMatchObject({ state: "paused", pause: { who: "Li", reason: "keypad broken" } });
    expect(shop.supervised.claims.claim({ terminal: TILL }, "sale")).toMatchObject({
      refused: "paused",
      because: "keypad broken",
      until: new Date(until).toISOString(),
    });
    await shop.clock.pass(3_600_000);
    expect(shop.view("till-1").state).toBe("ready");
    await shop.restart();
    await shop.clock.pass(10_000);
    expect(shop.view("till-1").state).toBe("ready");
  });

  it("say why they cannot be done", async () => {
    shop.add("till-1", { paused: "spare" });
    shop.add("till-2");
    shop.relayed = [terminalId("relay-1")];
    await shop.start();
    const { actions } = shop.supervised;
    expect(await actions.resume(TILL, LI)).toMatchObject({ refused: "pausedByConfig", because: "spare" });
    expect(await actions.resume(terminalId("till-2"), LI)).toMatchObject({ refused: "notPaused" });
    expect(await actions.pause(terminalId("nobody"), LI)).toMatchObject({ refused: "unknownTerminal" });
    expect(await actions.pause(terminalId("relay-1"), LI)).toMatchObject({ refused: "notSupported" });
    shop.refusesRecords = true;
    expect(await actions.pause(terminalId("till-2"), LI)).toMatchObject({ refused: "notRecorded" });
    expect(shop.view("till-2").state).not.toBe("paused");
  });
});

describe("settle", () => {
  it("is on disk before the terminal is told, and compared with the ledger's own sums", async () => {
    const device = shop.add("till-1");
    await shop.start();
    shop.transaction("answered", { id: transactionId("a"), outcome: "approved", amount: minorUnits(1_200) });
    await shop.clock.pass(1_000);
    const result = await shop.supervised.actions.settle(TILL, LI);
    expect(result).toMatchObject({ done: { outcome: "settled", ledgerAgrees: true } });
    expect(bodies("settlement")).toMatchObject([
      { event: "requested", ledgerTotals: { debitAmount: 1_200, debitCount: 1 } },
      { event: "batchClosed", ledgerAgrees: true, deviceTotals: [{ card: "girocard", count: 1, amount: 1_200 }] },
    ]);
    expect(shop.open.of("till-1")).toEqual([]);
    expect(device.count("settle")).toBe(1);
    expect(shop.events("till-1", "settled")).toMatchObject([{ outcome: "settled", who: "Li" }]);
  });

  it("is not known to have taken place when the terminal falls silent, and is never repeated by itself", async () => {
    const device = shop.add("till-1");
    device.settling = "linkLost";
    await shop.start();
    shop.transaction("answered", { id: transactionId("a"), outcome: "approved" });
    await shop.clock.pass(1_000);
    expect(await shop.supervised.actions.settle(TILL, LI)).toMatchObject({ done: { outcome: "unknown" } });
    expect(bodies("settlement").at(-1)).toMatchObject({ event: "unanswered", reason: "linkLost" });
    await shop.clock.pass(3_600_000);
    expect(device.count("settle")).toBe(1);
    expect(shop.open.of("till-1")).toHaveLength(1);
  });

  it("that a crash cut off is told as not known, once, and is not repeated by the schedule", async () => {
    // It is 16:00 in the shop.
    const device = shop.add("till-1", { schedule: { settleAt: "15:55" } });
    const body = { event: "requested", terminal: TILL, stan: "", at: "2026-03-02T07:55:00.000Z" };
    await shop.record({ kind: "settlement", terminal: TILL, body });
    await shop.start();
    for (let life = 0; life < 2; life += 1) {
      await shop.clock.pass(600_000);
      expect(bodies("settlement")).toMatchObject([
        { event: "requested" },
        { event: "unanswered", reason: "daemonRestarted" },
      ]);
      expect(shop.events("till-1", "settled")).toMatchObject([{ outcome: "unknown", reason: "daemonRestarted" }]);
      await shop.restart();
    }
    await shop.clock.pass(5_000);
    expect(device.count("settle")).toBe(0);
    expect(await shop.supervised.actions.settle(TILL, LI), "a person may").toMatchObject({
      done: { outcome: "settled" },
    });
  });

  it("is not begun while somebody pays, nor without the ledger", async () => {
    const device = shop.add("till-1");
    await shop.start();
    {
      using claim = claimed(shop.supervised.claims.claim({ terminal: TILL }, "sale"));
      expect(claim.terminal).toBe(TILL);
      expect(await shop.supervised.actions.settle(TILL, LI)).toMatchObject({ refused: "busy" });
    }
    shop.refusesRecords = true;
    expect(await shop.supervised.actions.settle(TILL, LI)).toMatchObject({ refused: "notRecorded" });
    expect(device.count("settle")).toBe(0);
  });

  it("is done at the shop's time of day, once, waits for a payment, and only where the config says so", async () => {
    const device = shop.add("till-1", { heartbeatS: 300, schedule: { settleAt: "23:30" } });
    const other = shop.add("till-2", { heartbeatS: 300, schedule: { statusAt: ["23:30"] } });
    await shop.start();
    // 16:00 in the shop.
    await shop.clock.pass(7.4 * 3_600_000);
    const claim = claimed(shop.supervised.claims.claim({ terminal: TILL }, "sale"));
    await shop.clock.pass(0.15 * 3_600_000);
    expect(device.count("settle")).toBe(0);
    claim[Symbol.dispose]();
    await shop.clock.pass(120_000);
    expect(device.count("settle")).toBe(1);
    await shop.restart();
    await shop.clock.pass(20 * 3_600_000);
    expect(device.count("settle")).toBe(1);
    await shop.clock.pass(4 * 3_600_000);
    expect(device.count("settle")).toBe(2);
    expect(other.count("settle")).toBe(0);
    expect(shop.events("till-2", "selftested").length).toBe(2);
    expect(bodies("action")).toContainEqual(expect.objectContaining({ action: "settle", who: "schedule", by: "rule" }));
  });

  it("is done when the terminal asks for it, only where the config allows that", async () => {
    const asks = { state: "attention", reason: "reconciliationRequired", remedy: "settle" } as const;
    const allowed = shop.add("till-1", { autoSettle: true });
    const not = shop.add("till-2");
    allowed.condition = asks;
    not.condition = asks;
    await shop.start();
    await shop.clock.pass(60_000);
    expect([allowed.count("settle"), not.count("settle")]).toEqual([1, 0]);
    expect(shop.view("till-2")).toMatchObject({ state: "degraded", reason: "reconciliationRequired" });
    expect(shop.view("till-2").advice?.en).toContain("settle");
  });
});

describe("selftest and diagnose", () => {
  it("try what the family can: zvt status and diagnosis, ecr status, hid presence", async () => {
    for (const family of ["zvt", "ecr", "hid"]) shop.add(family, { family });
    await shop.start();
    await shop.clock.pass(1_000);
    const steps = async (name: string): Promise<unknown> => {
      const result = await shop.supervised.actions.selftest(terminalId(name), LI);
      return "done" in result ? result.done.steps.map(({ id, result: how }) => `${id} ${how}`) : result;
    };
    expect(await steps("zvt")).toEqual(["status passed", "diagnosis passed"]);
    expect(await steps("ecr")).toEqual(["status passed"]);
    expect(await steps("hid")).toEqual(["presence passed"]);
    expect(shop.events("zvt", "selftested")).toMatchObject([{ outcome: "passed", who: "Li" }]);
    const diagnosis = await shop.supervised.actions.diagnose(terminalId("zvt"), LI);
    expect(diagnosis).toEqual({ done: { outcome: "passed", hostMs: 120 } });
    expect(shop.events("zvt", "diagnosed")).toMatchObject([{ outcome: "passed", hostMs: 120 }]);
  });

  it("fail at a terminal that cannot be reached", async () => {
    const device = shop.add("till-1");
    device.open = "unreachable";
    await shop.start();
    await shop.clock.pass(1_000);
    expect(await shop.supervised.actions.selftest(TILL, LI)).toMatchObject({ done: { outcome: "failed" } });
  });

  it("guide a person through a relayed terminal, who says yes or no to each point", async () => {
    shop.relayed = [terminalId("relay-1")];
    await shop.start();
    const { actions } = shop.supervised;
    const first = await actions.selftest(terminalId("relay-1"), LI);
    expect(first).toMatchObject({ done: { outcome: "incomplete" } });
    if (!("done" in first)) throw new Error("refused");
    for (const { text } of first.done.steps) {
      expect(text.en).not.toBe("");
      expect(text.zh).toMatch(/[\u4e00-\u9fff]/);
    }
    const yes = Object.fromEntries(first.done.steps.map(({ id }) => [id, true]));
    expect(await actions.selftest(terminalId("relay-1"), LI, yes)).toMatchObject({ done: { outcome: "passed" } });
    const withoutPaper = await actions.selftest(terminalId("relay-1"), LI, { ...yes, printer: false });
    expect(withoutPaper).toMatchObject({ done: { outcome: "failed" } });
    expect(shop.events("relay-1", "selftested").at(-1)).toMatchObject({ outcome: "failed", failed: "printer" });
  });
});

describe("maintenance", () => {
  it("is told once, not each day, also after a restart, and shows with its advice", async () => {
    const device = shop.add("till-1", {
      heartbeatS: 3_600,
      schedule: { softwareAtLeast: "3.0", contractEnds: "2026-03-20" },
    });
    device.identity = { serial: "SN-1", firmware: "2.9.1" };
    await shop.start();
    await shop.clock.pass(86_400_000);
    await shop.restart();
    await shop.clock.pass(86_400_000);
    expect(new Set(shop.events("till-1", "maintenanceDue").map(({ what }) => what))).toEqual(
      new Set(["contractEndsSoon", "software"]),
    );
    expect(shop.events("till-1", "maintenanceDue")).toHaveLength(2);
    expect(shop.view("till-1").advice?.zh).toMatch(/[\u4e00-\u9fff]/);
    await shop.clock.pass(20 * 86_400_000);
    expect(shop.events("till-1", "maintenanceDue").at(-1)).toMatchObject({ what: "contractEnded" });
  });
});

describe("replace", () => {
  it("by a terminal of another merchant is blocked, and orders do not follow one that the config made so later", async () => {
    shop.add("till-1", { merchant: "M1" });
    shop.add("till-2", { merchant: "M2" });
    await shop.start();
    await shop.clock.pass(1_000);
    expect(shop.supervised.claims.claim({}, "sale")).toEqual({ refused: "severalMerchants" });
    const two = terminalId("till-2");
    expect(await shop.supervised.actions.replace(TILL, two, LI)).toMatchObject({
      refused: "blocked",
      blocks: [{ what: "otherMerchant" }],
    });
    const detail = { by: "till-2", who: "Li" };
    await shop.record({ kind: "terminal", terminal: TILL, body: { event: "replaced", detail } });
    await shop.restart();
    await shop.clock.pass(5_000);
    expect(shop.supervised.claims.claim({ terminal: TILL }, "sale")).toMatchObject({
      refused: "disabled",
      because: "replaced",
    });
  });

  it("says what blocks it; then orders for the old terminal go to the new one, also after a restart", async () => {
    for (const name of ["till-1", "till-2"]) shop.add(name).payments = new Set(["sale", "reversal"]);
    await shop.start();
    await shop.clock.pass(1_000);
    shop.transaction("unanswered", { id: transactionId("d"), outcome: "inDoubt" });
    shop.transaction("answered", { id: transactionId("h"), kind: "preAuth", outcome: "approved" });
    await shop.clock.pass(1_000);
    const { actions, claims } = shop.supervised;
    const two = terminalId("till-2");
    expect(await actions.replace(TILL, two, LI)).toMatchObject({
      refused: "blocked",
      blocks: [{ what: "inDoubt", count: 1 }],
    });
    shop.transaction("resolved", { id: transactionId("d"), outcome: "failed" });
    await shop.clock.pass(1_000);
    expect(await actions.replace(TILL, two, LI)).toMatchObject({ done: { carried: [{ what: "hold", count: 1 }] } });
    {
      using claim = claimed(claims.claim({ terminal: TILL }, "sale"));
      expect(claim.terminal).toBe("till-2");
    }
    expect(claims.claimToAsk(TILL)).toMatchObject({ refused: "disabled", because: "replaced" });
    // The new one's receipt numbers are others: under the old one's it would give somebody else's money back.
    expect(claims.claim({ terminal: TILL }, "reversal")).toMatchObject({ refused: "disabled", because: "replaced" });
    shop.transaction("requested", { id: transactionId("e"), outcome: "inDoubt" });
    await shop.clock.pass(1_000);
    expect(shop.view("till-2")).toMatchObject({ unresolved: 1, counts: { transactions: 1, inDoubt: 1 } });
    shop.transaction("resolved", { id: transactionId("e"), outcome: "failed" });
    await shop.restart();
    await shop.clock.pass(5_000);
    expect(shop.view("till-1")).toMatchObject({ state: "disabled", reason: "replaced" });
    {
      using claim = claimed(shop.supervised.claims.claim({ terminal: TILL }, "sale"));
      expect(claim.terminal).toBe("till-2");
    }
    // It comes back from repair.
    expect(await shop.supervised.actions.replace(two, TILL, LI)).toMatchObject({ done: {} });
    await shop.clock.pass(5_000);
    using claim = claimed(shop.supervised.claims.claim({ terminal: two }, "sale"));
    expect(claim.terminal).toBe("till-1");
  });
});
