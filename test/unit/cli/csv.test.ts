import { describe, expect, it } from "vitest";
import { CSV_HEAD, csvRow } from "../../../src/cli/journal/csv.ts";
import type { ShownTime } from "../../../src/cli/journal/dating.ts";
import { currency, minorUnits } from "../../../src/domain/money.ts";
import { seq } from "../../../src/domain/record.ts";
import { aTransaction } from "../../support/ledger-in-memory.ts";

/** A row as a spreadsheet reads it: RFC 4180. */
function cells(row: string): readonly string[] {
  expect(row.endsWith("\r\n")).toBe(true);
  return Array.from(row.slice(0, -2).matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g), ([, quoted, plain]) =>
    (quoted ?? plain ?? "").replaceAll('""', '"'),
  );
}

function asObject(row: string): Readonly<Record<string, string | undefined>> {
  const heads = cells(CSV_HEAD);
  const values = cells(row);
  expect(values).toHaveLength(heads.length);
  return Object.fromEntries(heads.map((head, index) => [head, values[index]]));
}

const AS_TOLD: ShownTime = { time: "2026-01-31T10:00:00.000Z", basis: "synchronised" };

describe("CSV", () => {
  it("has a column for everything that daily work needs, the card masked, the amount as people write it", () => {
    const row = asObject(
      csvRow({ seq: seq(7), transaction: aTransaction({ authCode: "A1B2C3", hostApproved: true }) }, AS_TOLD),
    );
    expect(row).toMatchObject({
      seq: "7",
      requestedAt: "2026-01-31T10:00:00.000Z",
      terminal: "till-1",
      kind: "sale",
      outcome: "approved",
      hostApproved: "yes",
      amount: "123.45",
      currency: "CNY",
      card: "621234******0001",
      responseCode: "00",
      authCode: "A1B2C3",
      answeredAt: "",
      requestedAtCorrected: "",
      timeKnown: "yes",
    });
  });

  it("says beside a time that was wrong what it was in truth, or that nobody knows", () => {
    const told = { seq: seq(7), transaction: aTransaction({ requestedAt: "1970-01-01T00:00:07.000Z" }) };
    expect(asObject(csvRow(told, { time: "2026-01-31T10:00:00.000Z", basis: "redated" }))).toMatchObject({
      requestedAt: "1970-01-01T00:00:07.000Z",
      requestedAtCorrected: "2026-01-31T10:00:00.000Z",
      timeKnown: "yes",
    });
    expect(asObject(csvRow(told, { time: told.transaction.requestedAt, basis: "unknown" }))).toMatchObject({
      requestedAt: "1970-01-01T00:00:07.000Z",
      requestedAtCorrected: "",
      timeKnown: "no",
    });
  });

  it("never lets a cell begin a formula", () => {
    for (const evil of ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"]) {
      const row = asObject(csvRow({ seq: seq(1), transaction: aTransaction({ operator: evil }) }, AS_TOLD));
      expect(row["operator"]).toBe(`'${evil}`);
    }
  });

  it("quotes what would end a cell or a line", () => {
    const evil = 'a,"b"\r\nc';
    const row = csvRow({ seq: seq(1), transaction: aTransaction({ reason: evil }) }, AS_TOLD);
    expect(row).toContain('"a,""b""\r\nc"');
  });

  it("writes amounts of currencies without minor units as they are", () => {
    const transaction = aTransaction({ amount: minorUnits(500), currency: currency("JPY") });
    expect(asObject(csvRow({ seq: seq(1), transaction }, AS_TOLD))["amount"]).toBe("500");
  });
});
