import { expect, it } from "vitest";
import { bootId, instant } from "../../../src/domain/clock.ts";
import type { RecordInput } from "../../../src/domain/reducer.ts";
import { seq, streamId } from "../../../src/domain/record.ts";
import { terminalId } from "../../../src/domain/terminal.ts";
import { type Transaction, type TransactionEvent, transactionId } from "../../../src/domain/transaction.ts";
import { type Doubts, doubts } from "../../../src/terminals/payments/doubts.ts";
import { aTransaction } from "../../support/ledger-in-memory.ts";

const PAYMENT = { till: "till-a", orderId: "O-7", keyHash: "ab".repeat(32), requestHash: "cd".repeat(32) };
const STREAM = streamId("0b1c2d3e-0000-4000-8000-000000000000");
let count = 0;

function told(event: TransactionEvent, differs: Partial<Transaction>, carried?: number): RecordInput {
  count += 1;
  return {
    type: "record",
    seq: seq(count),
    kind: "transaction",
    moment: { at: instant(0), clock: { bootId: bootId("b"), monotonicMs: 0, synced: true } },
    body: { event, transaction: aTransaction(differs) },
    ...(carried === undefined ? {} : { carried: { stream: STREAM, seq: seq(carried) } }),
  };
}

function fold(...inputs: readonly RecordInput[]): Doubts {
  return inputs.reduce((state, input) => doubts.step(state, input), doubts.begin());
}

function open(state: Doubts): readonly string[] {
  return [...state.open].map(({ event, transaction }) => `${transaction.id} ${event}`);
}

it("keeps what is unresolved, and forgets it when it is", () => {
  const state = fold(
    told("requested", { id: transactionId("a"), outcome: "inDoubt", payment: PAYMENT }),
    told("requested", { id: transactionId("b"), outcome: "inDoubt" }),
    told("answered", { id: transactionId("b"), outcome: "approved" }),
    told("unanswered", { id: transactionId("a"), outcome: "inDoubt", payment: PAYMENT }),
    told("reversalAbandoned", { id: transactionId("c"), outcome: "reversalAbandoned" }),
  );
  expect(open(state)).toEqual(["a unanswered", "c reversalAbandoned"]);
  doubts.step(state, told("resolved", { id: transactionId("a"), outcome: "failed", payment: PAYMENT }));
  expect(open(state)).toEqual(["c reversalAbandoned"]);
});

it("knows the newest numbers of the terminals that tillgate drives, by what they told", () => {
  const terminal = terminalId("t-1");
  const state = fold(
    told("answered", { terminal, payment: PAYMENT, receiptNumber: "0041", stan: "000100" }),
    told("requested", { terminal, payment: PAYMENT, outcome: "inDoubt", stan: "" }),
    told("unanswered", { terminal, payment: PAYMENT, outcome: "inDoubt", stan: "" }),
    told("answered", { terminal: terminalId("relayed"), stan: "000900" }),
  );
  expect([...state.newest]).toEqual([[terminal, { receiptNumber: "0041", stan: "000100" }]]);
});

it("knows also what a terminal counted meanwhile, by the order that began after that", () => {
  const terminal = terminalId("t-1");
  const after = { receiptNumber: "0057", stan: "000116" };
  const state = fold(
    told("answered", { terminal, payment: PAYMENT, receiptNumber: "0041", stan: "000100" }),
    // Somebody sold by hand; the terminal was asked since.
    told("requested", { terminal, payment: PAYMENT, outcome: "inDoubt", stan: "", after }),
    told("resolved", { terminal, payment: PAYMENT, outcome: "failed", stan: "", after }),
    told("refused", { terminal, payment: PAYMENT, outcome: "refused", stan: "" }),
  );
  expect([...state.newest]).toEqual([[terminal, after]]);
});

it("is not set back by a person's word on an older payment", () => {
  const terminal = terminalId("t-1");
  const resolution = { by: "person", who: "boss", why: "seen on the slip", at: "2026-01-01T00:00:00.000Z" } as const;
  const state = fold(
    told("unanswered", { terminal, payment: PAYMENT, outcome: "inDoubt", receiptNumber: "0042" }),
    told("answered", { terminal, payment: PAYMENT, receiptNumber: "0043" }),
    told("resolved", { terminal, payment: PAYMENT, receiptNumber: "0042", resolution }),
  );
  expect(state.newest.get(terminal)?.receiptNumber).toBe("0043");
});

it("is the same from its snapshot", () => {
  const state = fold(
    told("answered", { payment: PAYMENT, receiptNumber: "0041" }),
    told("unanswered", {
      id: transactionId("a"),
      outcome: "inDoubt",
      payment: PAYMENT,
      receipts: [{ type: "customer", lines: ["x"] }],
    }),
    told("unanswered", { id: transactionId("b"), outcome: "inDoubt" }, 7),
  );
  const again = doubts.unpack(doubts.pack(state));
  if (again === undefined) throw new Error("not unpacked");
  expect(doubts.pack(again)).toBe(doubts.pack(state));
  expect(open(again)).toEqual(open(state));
  const before = doubts.pack(again);
  doubts.step(again, told("answered", { id: transactionId("b"), outcome: "approved" }, 7));
  expect(open(again), "a carried record that came before is no news").toEqual(open(state));
  expect(before).not.toContain("lines");
});

it("reads no snapshot that it did not write", () => {
  for (const text of ["", "{}", "[]", "null", '{"upTo":1,"dropped":0}']) expect(doubts.unpack(text)).toBeUndefined();
});

it("keeps every payment, however many doubts relayed terminals make", () => {
  const state = doubts.begin();
  doubts.step(state, told("unanswered", { id: transactionId("paid"), outcome: "inDoubt", payment: PAYMENT }));
  for (let n = 0; n < 6_000; n += 1) {
    doubts.step(state, told("unanswered", { id: transactionId(`r-${n}`), outcome: "inDoubt" }));
  }
  expect([...state.open]).toHaveLength(5_001);
  expect(state.get(transactionId("paid"))).toBeDefined();
  expect(state.dropped).toBe(1_000);
});
