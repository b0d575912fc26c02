import { describe, expect, it } from "vitest";
import { transactionsQuery } from "../../../src/contract/http.ts";
import { OUTCOMES } from "../../../src/domain/transaction.ts";
import { queryProblem } from "../../../src/http/problems.ts";

function problemOf(query: unknown): unknown {
  const result = transactionsQuery.safeParse(query);
  if (result.success) throw new Error("expected the query to be refused");
  return queryProblem(result.error, ["terminal", "last4"]);
}

describe("query for transactions", () => {
  it("reads every parameter from its text", () => {
    expect(
      transactionsQuery.parse({
        terminal: "till-1",
        outcome: "inDoubt",
        code: "a0",
        last4: "0001",
        amount: "12345",
        from: "2026-01-31T18:00:00+08:00",
        to: "2026-02-01T00:00:00Z",
        limit: "200",
        before: "17",
      }),
    ).toEqual({
      terminal: "till-1",
      outcome: "inDoubt",
      code: "A0",
      last4: "0001",
      amount: 12_345,
      from: "2026-01-31T10:00:00.000Z",
      to: "2026-02-01T00:00:00.000Z",
      limit: 200,
      before: 17,
    });
    expect(transactionsQuery.parse({})).toEqual({});
  });

  it("takes a time whose plus became a space on the way", () => {
    expect(transactionsQuery.parse({ from: "2026-01-31T18:00:00 08:00" }).from).toBe("2026-01-31T10:00:00.000Z");
  });

  it("names every wrong parameter with what is allowed", () => {
    expect(problemOf({ outcome: "lost", amount: "1.50", last4: ["0001", "0002"], limit: "0" })).toEqual({
      type: "urn:tillgate:problem:badQuery",
      title: "a query parameter is wrong",
      status: 400,
      remedy: "Correct the parameters named in errors.",
      errors: [
        { field: "outcome", remedy: `one of ${OUTCOMES.join(", ")}` },
        { field: "last4", remedy: "the card's last four digits; never send more of a card number" },
        { field: "amount", remedy: "a whole number in minor units, e.g. 12345 for 123.45 CNY" },
        { field: "limit", remedy: "a number from 1 to 200" },
      ],
    });
  });

  it("never repeats what was sent: it could be a card number, as a value or as a name", () => {
    const sent = problemOf({ last4: "6212340000000001", "6212340000000019": "x", terminal: "6212340000000027 " });
    expect(JSON.stringify(sent)).not.toMatch(/621234/);
    expect(JSON.stringify(sent)).toContain("parameters are terminal, last4");
  });
});
