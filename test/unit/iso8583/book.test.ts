import { describe, expect, it } from "vitest";
import { currency, minorUnits } from "../../../src/domain/money.ts";
import { acquirerId, terminalId } from "../../../src/domain/terminal.ts";
import { type Transaction, transactionId } from "../../../src/domain/transaction.ts";
import { TransactionBook } from "../../../src/drivers/iso8583/machine/book.ts";

/** The ledger refuses a larger snapshot (queue/ledger.ts), in UTF-16 units. */
const LARGEST_SNAPSHOT = 16 * 1024 * 1024;

function sale(terminal: number, number: number, over: Partial<Transaction> = {}): Transaction {
  return {
    id: transactionId(`00000000-0000-4000-8000-${String(terminal * 10_000 + number).padStart(12, "0")}`),
    terminal: terminalId(`till-${terminal}`),
    acquirer: acquirerId("unionpay"),
    kind: "sale",
    outcome: "approved",
    amount: minorUnits(12_345),
    currency: currency("CNY"),
    stan: String(number).padStart(6, "0"),
    batch: "000001",
    rrn: "123456789012",
    responseCode: "00",
    hostText: "APPROVED, THANK YOU FOR SHOPPING WITH US",
    de41: "12345678",
    de42: "123456789012345",
    terminalDate: "1122",
    terminalTime: "100000",
    settlementDate: "1122",
    requestedAt: "2026-11-22T10:00:00.000Z",
    answeredAt: "2026-11-22T10:00:01.000Z",
    hostMs: 1_000,
    endpoint: "203.0.113.10:5000",
    ...over,
  };
}

function bookOf(terminals: number, salesEach: number): TransactionBook {
  const book = new TransactionBook();
  for (let number = 1; number <= salesEach; number += 1) {
    for (let terminal = 1; terminal <= terminals; terminal += 1) book.put(sale(terminal, number));
  }
  return book;
}

describe("What the relay remembers of its terminals", () => {
  it("fits into one snapshot, however many they are", () => {
    const snapshot = JSON.stringify(bookOf(256, 500).toJSON());
    expect(snapshot.length).toBeLessThan(LARGEST_SNAPSHOT);
  });

  it("reaches 500 sales back where there are few terminals, and at least 20 where there are very many", () => {
    const few = bookOf(8, 501);
    expect(few.original(terminalId("till-8"), { stan: "000001" })).toBeUndefined();
    expect(few.original(terminalId("till-8"), { stan: "000002" })).toBeDefined();
    const many = bookOf(256, 100);
    for (let terminal = 1; terminal <= 256; terminal += 1) {
      expect(many.original(terminalId(`till-${terminal}`), { stan: "000081" })).toBeDefined();
    }
  });

  it("keeps what is in doubt for as long as it is", () => {
    const book = new TransactionBook();
    book.put(sale(1, 1, { outcome: "inDoubt" }));
    for (let number = 2; number <= 1_000; number += 1) book.put(sale(1, number));
    expect(book.unresolved(terminalId("till-1")).map(({ stan }) => stan)).toEqual(["000001"]);
    expect(book.original(terminalId("till-1"), { stan: "000001" })).toBeDefined();
  });

  it("keeps the sums of a whole batch, also of the sales that it has let go", () => {
    const sums = bookOf(64, 300).batchSums(terminalId("till-64"), "000001");
    expect(sums.get("sale")).toEqual({ count: 300, amount: 300 * 12_345 });
  });
});
