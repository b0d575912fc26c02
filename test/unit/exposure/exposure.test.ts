import { describe, expect, it } from "vitest";
import { MEASURES } from "../../../src/domain/exposure.ts";
import { currency, minorUnits } from "../../../src/domain/money.ts";
import { seq, streamId } from "../../../src/domain/record.ts";
import { terminalId } from "../../../src/domain/terminal.ts";
import { type Transaction, transactionId, type TransactionKind } from "../../../src/domain/transaction.ts";
import { claim, Story } from "./story.ts";
import { aTransaction } from "../../support/ledger-in-memory.ts";

/** The measures in which something stands, and what. */
function atRisk(story: Story): Readonly<Record<string, unknown>> {
  const view = story.view();
  return Object.fromEntries(
    MEASURES.filter((measure) => view[measure].count > 0).map((measure) => [measure, view[measure].sums]),
  );
}

const ONE_SALE = { terminal: "till-1", currency: "CNY", count: 1, debit: 12_345, credit: 0, hold: 0 };
const ONE_REFUND = { ...ONE_SALE, debit: 0, credit: 12_345 };
const SECOND = { id: transactionId("t-2"), stan: "000002" };

describe("in doubt", () => {
  it("is not said of a request that is under way, and is said of it after 90 s by the monotonic clock", () => {
    const story = new Story().transaction("requested", { outcome: "inDoubt" });
    expect(atRisk(story.after(89))).toEqual({});
    story.wrongByMs = 86_400_000;
    expect(atRisk(story)).toEqual({});
    expect(atRisk(story.after(2))).toEqual({ inDoubt: [ONE_SALE] });
    expect(story.view().inDoubt.oldestAgeS).toBe(91);
  });

  it("is said at once when nobody waits for the answer any more, and of one from before a restart of the machine", () => {
    const interrupted = new Story()
      .transaction("requested", { outcome: "inDoubt" })
      .after(1)
      .transaction("unanswered", { outcome: "inDoubt", reason: "connectionEnded" });
    expect(atRisk(interrupted)).toEqual({ inDoubt: [ONE_SALE] });
    expect(interrupted.view().inDoubt.oldestAgeS).toBe(1);
    const rebooted = new Story().transaction("requested", { outcome: "inDoubt" }).rebooted("boot-2", true);
    expect(atRisk(rebooted)).toEqual({ inDoubt: [ONE_SALE] });
  });

  it("ends with an answer that ends it, and goes on with one that came too late", () => {
    const story = new Story().transaction("requested", { outcome: "inDoubt" }).after(100);
    expect(atRisk(story.transaction("answeredLate", { outcome: "inDoubt", hostApproved: true }))).toEqual({
      inDoubt: [ONE_SALE],
    });
    expect(story.view().inDoubt.oldestAgeS).toBe(100);
    expect(atRisk(story.transaction("answered", { outcome: "declined" }))).toEqual({});
  });

  it("is said of a reversal that is not answered; an abandoned one is a measure of its own", () => {
    const story = new Story()
      .transaction("requested", { outcome: "inDoubt" })
      .transaction("reversalRequested", { outcome: "reversing" })
      .after(91);
    expect(atRisk(story)).toEqual({ inDoubt: [ONE_SALE] });
    story.transaction("reversalAbandoned", { outcome: "reversalAbandoned" });
    expect(atRisk(story)).toEqual({ reversalAbandoned: [ONE_SALE] });
    expect(story.view().reversalAbandoned.oldestAgeS).toBe(0);
    expect(atRisk(story.transaction("reversalAnswered", { outcome: "reversed" }))).toEqual({});
  });

  it("keeps holds, refunds and sales apart, and leaves out what moves no money", () => {
    const story = new Story();
    const kinds: readonly TransactionKind[] = ["sale", "refund", "preAuth", "balance"];
    for (const kind of kinds) {
      story.transaction("unanswered", { id: transactionId(kind), kind, outcome: "inDoubt" });
    }
    expect(atRisk(story)).toEqual({
      inDoubt: [{ ...ONE_SALE, count: 3, debit: 12_345, credit: 12_345, hold: 12_345 }],
    });
  });
});

describe("unsettled", () => {
  it("is what was approved, until its batch is settled as balanced", () => {
    const story = new Story().transaction("answered");
    expect(atRisk(story)).toEqual({ unsettled: [ONE_SALE] });
    expect(atRisk(story.settled("balanced", "000002"))).toEqual({ unsettled: [ONE_SALE] });
    expect(atRisk(story.settled())).toEqual({});
  });

  it("goes on when the host does not balance, refuses, or is not heard, and ends with the end of the upload", () => {
    const story = new Story().transaction("answered");
    story.settlement("requested").settlement("unanswered");
    story.settlement("requested").settlement("answered", { responseCode: "96" });
    const balanced = { domestic: "balanced", foreign: "balanced" } as const;
    story.settlement("requested").settlement("answered", { responseCode: "96", hostVerdict: balanced });
    expect(atRisk(story)).toEqual({ unsettled: [ONE_SALE] });
    story.settled("notBalanced");
    expect(atRisk(story)).toEqual({ unsettled: [ONE_SALE], unbalanced: [ONE_SALE] });
    story.settlement("uploadEnded", { responseCode: "96" });
    expect(atRisk(story)).toEqual({ unsettled: [ONE_SALE], unbalanced: [ONE_SALE] });
    expect(atRisk(story.settlement("uploadEnded", { responseCode: "00", details: 1 }))).toEqual({});
  });

  it("counts what was approved of it, and refunds for themselves", () => {
    const story = new Story()
      .transaction("answered", { outcome: "approvedPartly", approvedAmount: minorUnits(345) })
      .transaction("answered", { ...SECOND, kind: "refund" });
    expect(atRisk(story)).toEqual({ unsettled: [{ ...ONE_SALE, count: 2, debit: 345, credit: 12_345 }] });
  });

  it("leaves out holds, adjustments and what was not approved", () => {
    const story = new Story();
    for (const [n, differs] of (
      [
        { kind: "preAuth" },
        { kind: "adjustment" },
        { kind: "preAuthVoid" },
        { outcome: "declined" },
        { outcome: "failed" },
        { outcome: "refused" },
      ] satisfies readonly Partial<Transaction>[]
    ).entries()) {
      story.transaction("answered", { id: transactionId(`t-${n}`), ...differs });
    }
    expect(atRisk(story)).toEqual({});
  });

  it("is left by a sale and the void of it together, and met by the sale again when that void is undone", () => {
    const aVoid = { ...SECOND, kind: "saleVoid", originalTransaction: transactionId("t-1") } as const;
    const story = new Story().transaction("answered");
    story.transaction("requested", { ...aVoid, outcome: "inDoubt" }).after(91);
    expect(atRisk(story)).toEqual({ unsettled: [ONE_SALE], inDoubt: [ONE_REFUND] });
    story.transaction("answered", aVoid);
    expect(atRisk(story)).toEqual({});
    story.transaction("reversalRequested", { ...aVoid, outcome: "reversing" }).after(91);
    expect(atRisk(story)).toEqual({ unsettled: [ONE_SALE], inDoubt: [ONE_REFUND] });
    story.transaction("reversalAnswered", { ...aVoid, outcome: "reversed" });
    expect(atRisk(story)).toEqual({ unsettled: [ONE_SALE] });
  });

  it("counts a void whose original is not known here for itself", () => {
    const story = new Story().transaction("answered", { kind: "saleVoid" });
    expect(atRisk(story)).toEqual({ unsettled: [ONE_REFUND] });
  });

  it("does not come back when the host answers once more after the settlement", () => {
    const story = new Story().transaction("answered").settled().transaction("answeredAgain");
    expect(atRisk(story)).toEqual({});
  });

  it("is told by terminal and currency, unknown numbers and missing amounts under keys of their own", () => {
    const story = new Story();
    story.transaction("answered");
    story.transaction("answered", { ...SECOND, terminal: terminalId("till-2"), currency: currency("USD") });
    const { currency: _letters, ...unknown } = aTransaction({ id: transactionId("t-3"), currencyNumber: "360" });
    story.add("transaction", { event: "answered", transaction: unknown });
    const { currency: _none, amount: _nothing, ...without } = aTransaction({ id: transactionId("t-4") });
    story.add("transaction", { event: "answered", transaction: without });
    expect(story.view().unsettled).toMatchObject({
      count: 4,
      sums: [
        { terminal: "till-1", currency: "360", count: 1, debit: 12_345 },
        { terminal: "till-1", currency: "CNY", count: 1, debit: 12_345 },
        { terminal: "till-1", currency: "none", count: 1, debit: 0 },
        { terminal: "till-2", currency: "USD", count: 1, debit: 12_345 },
      ],
    });
  });

  it("stays exact as far as a double is, and stays there", () => {
    const most = minorUnits(Number.MAX_SAFE_INTEGER - 1);
    const story = new Story().transaction("answered", { amount: most });
    const debit = (): number | undefined => story.view().unsettled.sums[0]?.debit;
    expect(debit()).toBe(Number.MAX_SAFE_INTEGER - 1);
    story.transaction("answered", { ...SECOND, amount: minorUnits(1) });
    expect(debit()).toBe(Number.MAX_SAFE_INTEGER);
    story.transaction("answered", { id: transactionId("t-3"), amount: most });
    expect(debit()).toBe(Number.MAX_SAFE_INTEGER);
  });
});

function driven(): Story {
  const story = new Story();
  const { acquirer: _none, ...transaction } = aTransaction({ outcome: "approved" });
  return story.add("transaction", { event: "answered", transaction });
}

function batchClosed(story: Story, differs: object = {}): Story {
  const ours = { debitAmount: 12_345, debitCount: 1, creditAmount: 0, creditCount: 0 };
  const body = { terminal: "till-1", stan: "", currency: "CNY", at: "2026-01-31T10:00:00.000Z" };
  story.add("settlement", { event: "requested", ...body, ledgerTotals: ours });
  return story.add("settlement", { event: "batchClosed", ...body, ledgerTotals: ours, ...differs });
}

describe("the end of day of a terminal that tillgate drives", () => {
  it("settles what stood in its batch, and leaves what is in doubt", () => {
    const story = driven();
    const { acquirer: _none, ...doubtful } = aTransaction({ ...SECOND, outcome: "inDoubt" });
    story.add("transaction", { event: "unanswered", transaction: doubtful });
    expect(Object.keys(atRisk(story))).toEqual(["inDoubt", "unsettled"]);
    expect(Object.keys(atRisk(batchClosed(story)))).toEqual(["inDoubt"]);
  });

  it("does not balance when the terminal's totals are others than the ledger's, until they agree again", () => {
    const story = batchClosed(driven(), { ledgerAgrees: false });
    expect(atRisk(story)).toEqual({ unbalanced: [ONE_SALE] });
    expect(atRisk(batchClosed(story, { ledgerAgrees: true }))).toEqual({});
  });

  it("changes nothing when the terminal refused it or nobody knows", () => {
    for (const event of ["notSent", "unanswered"] as const) {
      const story = driven();
      story.add("settlement", { event, terminal: "till-1", stan: "", at: "2026-01-31T10:00:00.000Z" });
      expect(atRisk(story)).toEqual({ unsettled: [ONE_SALE] });
    }
  });
});

describe("not uploaded", () => {
  const OFFLINE = { kind: "offlineSale" } as const;

  it("is an advice that nobody has acknowledged, whether it was sent or not", () => {
    for (const [event, outcome] of [
      ["unanswered", "inDoubt"],
      ["notSent", "failed"],
    ] as const) {
      const story = new Story().transaction("requested", { ...OFFLINE, outcome: "inDoubt" });
      story.transaction(event, { ...OFFLINE, outcome });
      expect(atRisk(story)).toEqual({ notUploaded: [ONE_SALE] });
      expect(atRisk(story.transaction("answered", OFFLINE))).toEqual({ unsettled: [ONE_SALE] });
    }
  });

  it("counts an advice once, although the terminal's repetition is another transaction in the ledger", () => {
    const story = new Story();
    for (const id of ["t-1", "t-2", "t-3"]) {
      story.transaction("requested", { ...OFFLINE, id: transactionId(id), outcome: "inDoubt" });
      story.transaction("notSent", { ...OFFLINE, id: transactionId(id), outcome: "failed" }).after(60);
    }
    expect(atRisk(story)).toEqual({ notUploaded: [ONE_SALE] });
    expect(story.view().notUploaded.oldestAgeS).toBe(180);
    story.transaction("requested", { ...OFFLINE, id: transactionId("t-4"), outcome: "inDoubt" });
    story.transaction("answered", { ...OFFLINE, id: transactionId("t-4") });
    expect(atRisk(story)).toEqual({ unsettled: [ONE_SALE] });
  });

  it("ends when the batch balances: what the terminal held is in the host's sums then", () => {
    const story = new Story().transaction("notSent", { ...OFFLINE, outcome: "failed" });
    expect(atRisk(story.settled("balanced", "000007"))).toEqual({ notUploaded: [ONE_SALE] });
    expect(atRisk(story.settled())).toEqual({});
  });

  it("is also a batch detail that the host refused, until it accepts one", () => {
    const story = new Story().settled("notBalanced");
    story.settlement("detailUploaded", { responseCode: "96", details: 8 });
    expect(story.view().notUploaded).toMatchObject({ count: 8, sums: [{ terminal: "till-1", count: 8, debit: 0 }] });
    story.settlement("detailUploaded", { responseCode: "00", details: 8 });
    expect(story.view().notUploaded.count).toBe(0);
    expect(story.view().unbalanced.count).toBe(1);
  });
});

describe("unbalanced", () => {
  it("is a batch with what the terminal claims of it, until it balances or the upload has ended", () => {
    const story = new Story().settled("error").after(30);
    expect(atRisk(story)).toEqual({ unbalanced: [ONE_SALE] });
    expect(story.view().unbalanced.oldestAgeS).toBe(30);
    expect(atRisk(story.settled("notBalanced"))).toEqual({ unbalanced: [ONE_SALE] });
    expect(story.view().unbalanced.oldestAgeS).toBe(30);
    expect(atRisk(story.settled())).toEqual({});
    story.settlement("requested", claim(5)).settlement("answered", { responseCode: "95" });
    expect(story.view().unbalanced.sums).toMatchObject([{ count: 1, debit: 5 }]);
    expect(atRisk(story.settlement("uploadEnded", { responseCode: "00" }))).toEqual({});
  });

  it("is a batch on which host and terminal agree and the ledger does not, until the ledger follows the terminal again", () => {
    const ledger = { debitAmount: minorUnits(20_000), debitCount: 2, creditAmount: minorUnits(0), creditCount: 0 };
    const differs = { ...claim(12_345), ledgerTotals: ledger, ledgerAgrees: false };
    const story = new Story().transaction("answered").settlement("requested", differs);
    const balanced = { responseCode: "00", hostVerdict: { domestic: "balanced", foreign: "balanced" } } as const;
    story.settlement("answered", balanced);
    expect(atRisk(story)).toEqual({ unbalanced: [{ ...ONE_SALE, debit: 20_000 }] });
    story.settlement("requested", { batch: "000002", ...claim(7), ledgerAgrees: true });
    story.settlement("answered", { batch: "000002", ...balanced });
    expect(atRisk(story)).toEqual({});
  });

  it("leaves nothing behind of a settlement that came to nothing, or to its end", () => {
    for (const event of ["unanswered", "notSent"] as const) {
      const story = new Story().settlement("requested", claim(5)).settlement(event);
      expect([...story.state.shelves]).toEqual([]);
    }
    expect([...new Story().transaction("answered").settled().state.shelves]).toEqual([]);
  });

  it("does not forget a batch that the host has not balanced because a later one balances", () => {
    const story = new Story().settled("notBalanced");
    story.settlement("requested", { batch: "000002", ...claim(7), ledgerAgrees: true });
    story.settled("balanced", "000002");
    expect(atRisk(story)).toEqual({ unbalanced: [ONE_SALE] });
  });
});

describe("apart from the money at risk", () => {
  it("unreported is what lies above headquarters' mark: records, and the transactions that they tell of", () => {
    const story = new Story().transaction("requested", { outcome: "inDoubt" }).transaction("answered");
    story
      .add("link", {})
      .after(10)
      .transaction("answered", { ...SECOND, outcome: "declined" });
    expect(story.view().unreported).toEqual({
      records: 4,
      count: 2,
      oldestAgeS: 10,
      sums: [{ ...ONE_SALE, count: 2 }],
    });
    story.mark = seq(1);
    expect(story.view().unreported).toMatchObject({ records: 3, count: 2 });
    story.mark = seq(2);
    expect(story.view().unreported).toMatchObject({ records: 2, count: 1, oldestAgeS: 0, sums: [{ debit: 0 }] });
    story.mark = seq(4);
    expect(story.view().unreported).toEqual({ records: 0, count: 0, sums: [] });
  });

  it("parked is what the broker cannot be given, until it is released", () => {
    const story = new Story().parked({
      terminal: terminalId("till-1"),
      currency: currency("CNY"),
      amount: minorUnits(5),
    });
    story.parked({ seq: seq(9) });
    expect(story.view().parked).toMatchObject({
      count: 2,
      sums: [
        { currency: "none", count: 1, debit: 0 },
        { terminal: "till-1", currency: "CNY", count: 1, debit: 5 },
      ],
    });
    story.add("gap", { event: "released", seq: 9 });
    expect(story.view().parked.count).toBe(1);
    expect(atRisk(story)).toEqual({});
  });

  it("what an earlier stream had parked is not parked in this one", () => {
    const stream = streamId("00000000-0000-4000-8000-000000000001");
    const story = new Story();
    story.add("gap", { event: "parked", seq: 3, hash: "", kind: "link", reason: "tooLarge" }, { stream, seq: seq(4) });
    expect(story.view().parked.count).toBe(0);
  });
});

describe("ages", () => {
  it("count from before a restart of the machine by the wall clock, where that was right both times", () => {
    const story = new Story().transaction("answered").after(3_600).rebooted("boot-2", true).after(60);
    expect(story.view().unsettled).toMatchObject({ oldestAgeS: 3_660 });
    expect(story.view().unsettled.oldestAgeIsAtLeast).toBeUndefined();
  });

  it("are at least what this boot has lasted where no clock tells more, and are told when the clock is set", () => {
    const story = new Story();
    story.synced = false;
    story.wrongByMs = -1.7e12;
    story.transaction("answered").after(3_600).rebooted("boot-2", false).after(60);
    expect(story.view().unsettled).toMatchObject({ oldestAgeS: 60, oldestAgeIsAtLeast: true });
    story.synced = true;
    story.wrongByMs = 0;
    expect(story.view().unsettled).toMatchObject({ oldestAgeS: 60, oldestAgeIsAtLeast: true });

    const dated = new Story();
    dated.synced = false;
    dated.wrongByMs = -1.7e12;
    dated.transaction("answered").after(10);
    dated.synced = true;
    dated.wrongByMs = 0;
    dated.add("clock", { event: "synchronised", at: "2026-01-31T10:00:10.000Z" }).after(3_600);
    dated.rebooted("boot-2", true);
    expect(dated.view().unsettled).toMatchObject({ oldestAgeS: 3_610 });
    expect(dated.view().unsettled.oldestAgeIsAtLeast).toBeUndefined();
  });
});
