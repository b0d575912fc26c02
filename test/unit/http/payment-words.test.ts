import { describe, expect, it } from "vitest";
import { problemSchema } from "../../../src/contract/http.ts";
import { couldBeCard } from "../../../src/contract/payments.ts";
import { PAYMENT_REFUSALS } from "../../../src/domain/payment-request.ts";
import { Access } from "../../../src/http/access.ts";
import { paymentProblem } from "../../../src/http/payment-problems.ts";
import { Secret } from "../../../src/runtime/secret.ts";

it("every refusal of a payment is a problem with a type of its own and a remedy", () => {
  const problems = PAYMENT_REFUSALS.map((refused) =>
    problemSchema.parse(paymentProblem({ refused, field: "terminal" })),
  );
  expect(new Set(problems.map(({ type }) => type)).size).toBe(PAYMENT_REFUSALS.length);
  for (const { remedy, errors } of problems) expect(errors).toEqual([{ field: "terminal", remedy }]);
});

describe("a text for the ledger", () => {
  it("could be a card number with spaces, with dashes and inside other words", () => {
    for (const text of ["6212340000000001", "6212 3400 0000 0001", "card 6212-3400-0000-0001 please"]) {
      expect(couldBeCard(text), text).toBe(true);
    }
  });

  it("is none when the check digit is wrong, or it is too short or too long for one", () => {
    for (const text of ["6212340000000002", "table 17, 2 guests", "2026013122001412340987654321", "621234000001"]) {
      expect(couldBeCard(text), text).toBe(false);
    }
  });
});

describe("tokens", () => {
  const access = new Access([
    { name: "till-a", role: "till", secret: new Secret("one") },
    { name: "boss", role: "supervisor", secret: new Secret("two") },
  ]);

  it("say who asks", () => {
    expect(access.who("Bearer one")).toEqual({ name: "till-a", role: "till" });
    expect(access.who("Bearer two")).toEqual({ name: "boss", role: "supervisor" });
  });

  it("that nobody was given say nothing, and neither does none", () => {
    for (const header of [undefined, "", "Bearer ", "Bearer three", "bearer one", "Basic one", "Bearer one two"]) {
      expect(access.who(header), header).toBeUndefined();
    }
    expect(new Access([{ name: "x", role: "till", secret: new Secret("") }]).who("Bearer ")).toBeUndefined();
  });
});
