import { describe, expect, test } from "vitest";
import { auditOrders, type OrdersAudit, type OrdersInput, type TillTold } from "../../../src/cli/demo/audit-orders.ts";
import { minorUnits } from "../../../src/domain/money.ts";
import { terminalId } from "../../../src/domain/terminal.ts";
import {
  type Outcome,
  type Transaction,
  type TransactionEvent,
  transactionId,
  type TransactionRecord,
} from "../../../src/domain/transaction.ts";

const CHARGE = { receipt: 7, trace: 7, amount: 1_250 };
const BOOKED = new Map([["counter-1", [CHARGE]]]);
const NUMBERED = { stan: "000007", receiptNumber: "0007" };

function atHq(event: TransactionEvent, outcome: Outcome, different: Partial<Transaction> = {}): TransactionRecord {
  return {
    event,
    transaction: {
      id: transactionId("p-1"),
      terminal: terminalId("counter-1"),
      kind: "sale",
      outcome,
      amount: minorUnits(1_250),
      stan: "",
      requestedAt: "2026-01-31T10:00:00.000Z",
      payment: { till: "desk-1", orderId: "O-1", keyHash: "k", requestHash: "r" },
      ...different,
    },
  };
}

const APPROVED = atHq("answered", "approved", NUMBERED);
const IN_DOUBT = atHq("unanswered", "inDoubt");

function of(input: Partial<OrdersInput>): OrdersAudit {
  return auditOrders({ books: new Map(), tills: [], hq: [], ...input });
}

function told(end: Outcome): TillTold {
  return { till: "desk-1", orderId: "O-1", payment: "p-1", end };
}

test("all is well when HQ holds each charge once, or says that it does not know", () => {
  for (const hq of [[IN_DOUBT], [APPROVED], [IN_DOUBT, atHq("resolved", "approved", NUMBERED)]]) {
    expect(of({ books: BOOKED, tills: [told("inDoubt")], hq })).toMatchObject({ lost: [], duplicated: [], wrong: [] });
  }
});

test("a person's word is enough, though it has no number", () => {
  const resolution = { by: "person", who: "Wang Li", why: "the list", at: "2026-01-31T10:00:00.000Z" } as const;
  expect(of({ books: BOOKED, hq: [IN_DOUBT, atHq("resolved", "approved", { resolution })] })).toMatchObject({
    lost: [],
    wrong: [],
  });
});

test("what tillgate refused is no transaction", () => {
  expect(of({ hq: [atHq("refused", "refused"), { ...APPROVED }] }).transactions).toBe(1);
  expect(of({ hq: [atHq("refused", "refused")] }).transactions).toBe(0);
});

test("every doubt is told as it ended", () => {
  const ended = atHq("resolved", "approved", NUMBERED);
  expect(of({ books: BOOKED, hq: [IN_DOUBT, ended] }).doubts).toEqual([ended.transaction]);
  expect(of({ books: BOOKED, hq: [APPROVED] }).doubts).toEqual([]);
});

describe("lost", () => {
  test("is a charge that HQ does not know", () => {
    expect(of({ books: BOOKED }).lost).toEqual(["counter-1 7 of 1250"]);
    const elsewhere = { ...NUMBERED, terminal: terminalId("counter-2") };
    expect(of({ books: BOOKED, hq: [atHq("answered", "approved", elsewhere)] }).lost).toHaveLength(1);
  });

  test("is what a till was told and HQ does not hold", () => {
    expect(of({ tills: [told("declined")] }).lost).toHaveLength(1);
  });
});

describe("duplicated", () => {
  test("are two charges of one order, at the same terminal or at two", () => {
    const again = { receipt: 8, trace: 8, amount: 1_250 };
    expect(of({ books: new Map([["counter-1", [CHARGE, again]]]) }).duplicated).toEqual([
      "one order of 1250 was charged 2 times: counter-1 7, counter-1 8",
    ]);
    expect(of({ books: new Map([...BOOKED, ["counter-2", [again]]]) }).duplicated).toHaveLength(1);
  });

  test("is an order that HQ has as paid twice, and a charge that it has twice", () => {
    const twice = [APPROVED, atHq("answered", "approved", { ...NUMBERED, id: transactionId("p-2") })];
    expect(of({ books: BOOKED, hq: twice }).duplicated).toEqual([
      "desk-1 O-1 was paid 2 times, says HQ",
      "counter-1 7 of 1250: 2 times at HQ",
    ]);
  });
});

describe("wrong", () => {
  test.each<[string, Partial<OrdersInput>]>([
    ["a charge that HQ calls failed", { books: BOOKED, hq: [atHq("answered", "failed")] }],
    ["a charge that HQ calls declined", { books: BOOKED, hq: [atHq("answered", "declined", NUMBERED)] }],
    [
      "a charge of another amount",
      { books: BOOKED, hq: [atHq("answered", "approved", { ...NUMBERED, amount: minorUnits(1) })] },
    ],
    ["an approval that the terminal knows nothing of", { hq: [APPROVED] }],
    ["an approval that the till was told was none", { books: BOOKED, tills: [told("failed")], hq: [APPROVED] }],
  ])("is %s", (_, input) => {
    expect(of(input).wrong.length).toBeGreaterThan(0);
    expect(of(input).lost).toEqual([]);
  });
});
