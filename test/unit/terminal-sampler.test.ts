import { expect, it } from "vitest";
import { workSince } from "../../src/terminal-sampler.ts";
import { NO_TALLY } from "../../src/terminals/usage/tallies.ts";

it("a terminal's minute is its new payments, and which share of them failed or is in doubt", () => {
  const before = { ...NO_TALLY, transactions: 10, approved: 9, failed: 1 };
  const now = { ...before, transactions: 14, approved: 11, failed: 2, inDoubt: 1 };
  expect(workSince(before, now)).toEqual({ payments: 4, failedShare: 0.5 });
});

it("without a payment there is no share, also when an old doubt was ended", () => {
  const before = { ...NO_TALLY, transactions: 3, inDoubt: 1 };
  expect(workSince(before, { ...before, inDoubt: 0, approved: 1 })).toEqual({ payments: 0 });
});
