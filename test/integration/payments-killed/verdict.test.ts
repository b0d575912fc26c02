import { expect, test } from "vitest";
import { type Account, faultsIn } from "./verdict.ts";

const CHARGED: Account = {
  key: "k",
  bookings: [{ outcome: "approved" }],
  told: ["inDoubt", "approved"],
  ledger: "approved",
  hq: "approved",
};
const NOT_CHARGED: Account = { key: "k", bookings: [], told: ["failed"], ledger: "failed", hq: "failed" };

test("what everybody has alike is no fault", () => {
  expect(faultsIn(CHARGED)).toEqual([]);
  expect(faultsIn(NOT_CHARGED)).toEqual([]);
});

test.each<[string, Account]>([
  ["two charges for one key", { ...CHARGED, bookings: [{ outcome: "approved" }, { outcome: "approved" }] }],
  ["an order that came twice", { ...CHARGED, bookings: [{ outcome: "aborted" }, { outcome: "approved" }] }],
  ["a till told failed of a charge", { ...CHARGED, told: ["failed", "approved"] }],
  ["a till told declined of a charge", { ...CHARGED, told: ["declined"] }],
  ["a till told approved of none", { ...NOT_CHARGED, told: ["approved", "failed"] }],
  ["an approval that the ledger lost", { ...CHARGED, ledger: "failed", hq: "failed" }],
  ["an approval that is no charge", { ...NOT_CHARGED, ledger: "approved", hq: "approved" }],
  ["a doubt without an end", { ...NOT_CHARGED, ledger: "inDoubt", hq: "inDoubt" }],
  ["headquarters that has it otherwise", { ...CHARGED, hq: "inDoubt" }],
  ["headquarters that never heard of it", { ...CHARGED, hq: undefined }],
  ["a declined order that the ledger calls failed", { ...NOT_CHARGED, bookings: [{ outcome: "declined" }] }],
])("a fault is: %s", (_name, account) => {
  expect(faultsIn(account)).not.toEqual([]);
});
