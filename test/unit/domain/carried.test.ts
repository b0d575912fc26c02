import { expect, it } from "vitest";
import { carriedBy, keyOf, recordWithin } from "../../../src/domain/carried.ts";
import { amountNamedBy, Tallying } from "../../../src/domain/tally.ts";

const sale = {
  stream: "a",
  seq: 7,
  kind: "transaction",
  body: { event: "answered", transaction: { amount: 1250, currency: "CNY" } },
};
const once = { stream: "b", seq: 2, kind: "carried", body: { envelope: sale } };
const twice = { stream: "c", seq: 3, kind: "carried", body: { envelope: once } };

it("finds the record that was once made, through every stream that carried it on", () => {
  expect(recordWithin(sale)).toBe(sale);
  expect(recordWithin(once)).toBe(sale);
  expect(recordWithin(twice)).toBe(sale);
  expect(carriedBy(twice)).toBe(once);
  expect(carriedBy(sale)).toBeUndefined();
  expect(keyOf(recordWithin(twice))).toEqual({ stream: "a", seq: 7 });
});

it("takes a carried record without an envelope for what it is", () => {
  const empty = { kind: "carried", body: { envelope: "none" } };
  expect(recordWithin(empty)).toBe(empty);
  expect(keyOf(empty)).toBeUndefined();
});

it("counts records, and sums by currency what they name", () => {
  const tally = new Tallying();
  for (const envelope of [
    sale,
    twice,
    { kind: "clock", body: { event: "started" } },
    { kind: "alternative", body: { amount: 5, currency: "HKD" } },
    { kind: "gap", body: { event: "parked", amount: 9, currency: "CNY" } },
  ]) {
    tally.add(amountNamedBy(envelope));
  }
  expect(tally.result()).toEqual({
    count: 5,
    sums: [
      { currency: "CNY", count: 2, amount: 2500 },
      { currency: "HKD", count: 1, amount: 5 },
    ],
  });
});
