import { expect, it } from "vitest";
import { isRecordKey, orderKey, paymentKey, recordKeysOf, requestKey } from "../../../src/domain/record-keys.ts";
import { transactionId } from "../../../src/domain/transaction.ts";
import { aTransaction } from "../../support/ledger-in-memory.ts";

const payment = { till: "till-a", orderId: "O-7", keyHash: "ab".repeat(32), requestHash: "cd".repeat(32) };
const transaction = aTransaction({ id: transactionId("p-1"), payment });

it("finds a payment's record by its id, by its request and by its order", () => {
  expect(recordKeysOf({ kind: "transaction", body: { event: "requested", transaction } })).toEqual([
    paymentKey("p-1"),
    requestKey("till-a", payment.keyHash),
    orderKey("till-a", "sale", "O-7"),
  ]);
});

it("finds it also where an earlier stream's record is carried, however many streams ago", () => {
  const body = { event: "answered", transaction };
  const once = { kind: "carried", body: { envelope: { kind: "transaction", body } } };
  const keys = recordKeysOf({ kind: "transaction", body });
  expect(recordKeysOf(once)).toEqual(keys);
  expect(recordKeysOf({ kind: "carried", body: { envelope: once } })).toEqual(keys);
});

it("binds no key to what was refused: nothing was sent, and the till may ask again", () => {
  expect(recordKeysOf({ kind: "transaction", body: { event: "refused", transaction } })).toEqual([paymentKey("p-1")]);
});

it("finds what was paid another way by its id and its request", () => {
  const body = { event: "paid", id: "a-1", payment };
  expect(recordKeysOf({ kind: "alternative", body })).toEqual([
    paymentKey("a-1"),
    requestKey("till-a", payment.keyHash),
  ]);
});

it("gives no key to what no till ordered, and to what it does not understand", () => {
  for (const body of [{ event: "answered", transaction: aTransaction() }, {}, null, 7, { transaction: { payment } }]) {
    expect(recordKeysOf({ kind: "transaction", body })).toEqual([]);
  }
  expect(recordKeysOf({ kind: "terminal", body: { event: "paid", id: "a-1", payment } })).toEqual([]);
  expect(recordKeysOf({})).toEqual([]);
});

it("leaves out what could not be a key", () => {
  const odd = { ...payment, orderId: "two\nlines" };
  const keys = recordKeysOf({
    kind: "transaction",
    body: { event: "requested", transaction: { ...transaction, payment: odd } },
  });
  expect(keys).toEqual([paymentKey("p-1"), requestKey("till-a", payment.keyHash)]);
  expect(isRecordKey("")).toBe(false);
  expect(isRecordKey("x".repeat(401))).toBe(false);
});
