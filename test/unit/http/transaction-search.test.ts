import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Outcome, OUTCOMES, type Transaction, transactionId } from "../../../src/domain/transaction.ts";
import { fits, type TransactionFilter } from "../../../src/domain/transaction-history.ts";
import { type Seq, seq } from "../../../src/domain/record.ts";
import { type SearchBounds, type SearchPage, TransactionSearch } from "../../../src/http/transaction-search.ts";
import { aTransaction, LedgerInMemory } from "../../support/ledger-in-memory.ts";

const BOUNDS: SearchBounds = { maxRead: 20_000, maxKnown: 50_000 };
const { signal } = new AbortController();

async function page(
  search: TransactionSearch,
  query: { filter?: TransactionFilter; limit?: number; before?: Seq | undefined } = {},
): Promise<SearchPage> {
  const { filter = {}, limit = 50, before } = query;
  const result = await search.find({ filter, limit, ...(before === undefined ? {} : { before }) }, signal);
  if (result === "tooFarBack") throw new Error("too far back");
  return result;
}

async function allPages(
  search: TransactionSearch,
  filter: TransactionFilter,
  limit: number,
): Promise<readonly Transaction[]> {
  const found: Transaction[] = [];
  let before: Seq | undefined;
  do {
    const result = await page(search, { filter, limit, before });
    expect(result.found.length).toBeLessThanOrEqual(limit);
    if (before !== undefined && result.next !== undefined) expect(result.next).toBeLessThanOrEqual(before);
    found.push(...result.found.map((one) => one.transaction));
    before = result.next;
  } while (before !== undefined);
  return found;
}

function sale(n: number, outcome: Outcome = "approved", differs: Partial<Transaction> = {}): Transaction {
  return aTransaction({ id: transactionId(`t-${n}`), stan: String(n).padStart(6, "0"), outcome, ...differs });
}

function ids(found: readonly Transaction[]): readonly string[] {
  return found.map((transaction) => transaction.id);
}

describe("search for transactions", () => {
  it("ends where retention has freed what came before, without a cursor into it", async () => {
    const ledger = new LedgerInMemory();
    for (let n = 1; n <= 700; n += 1) ledger.tell(sale(n));
    ledger.freeBefore(seq(400));
    const search = new TransactionSearch(ledger, BOUNDS);
    expect(await allPages(search, {}, 50)).toHaveLength(301);
    ledger.freeBefore(seq(650));
    expect(await allPages(search, {}, 50)).toHaveLength(51);
    expect((await page(search, { limit: 51 })).next).toBeUndefined();
  });

  it("gives each transaction once, as its newest record has it, newest first", async () => {
    const ledger = new LedgerInMemory();
    ledger.tell(sale(1, "inDoubt"), "requested");
    ledger.tell(sale(2, "inDoubt"), "requested");
    ledger.tell(sale(1, "approved"));
    ledger.add("link", { state: "down" });
    const { found, next } = await page(new TransactionSearch(ledger, BOUNDS));
    expect(found.map(({ seq: at, transaction }) => [at, transaction.id, transaction.outcome])).toEqual([
      [3, "t-1", "approved"],
      [2, "t-2", "inDoubt"],
    ]);
    expect(next).toBeUndefined();
  });

  it("never finds by an older state, neither on the first page nor on a later one", async () => {
    const ledger = new LedgerInMemory();
    for (let n = 1; n <= 400; n += 1) ledger.tell(sale(n, "inDoubt"), "requested");
    for (let n = 1; n <= 400; n += 1) if (n !== 7) ledger.tell(sale(n, "approved"));
    const search = new TransactionSearch(ledger, BOUNDS);
    expect(ids(await allPages(search, { outcome: "inDoubt" }, 1))).toEqual(["t-7"]);
  });

  it("knows that a cursor from before a restart may lie below newer states", async () => {
    const ledger = new LedgerInMemory();
    ledger.tell(sale(1, "inDoubt"), "requested");
    const cursor = ledger.tell(sale(2, "declined"));
    for (let n = 3; n < 900; n += 1) ledger.tell(sale(n));
    ledger.tell(sale(1, "approved"));
    const afterRestart = new TransactionSearch(ledger, BOUNDS);
    expect((await page(afterRestart, { before: cursor })).found).toEqual([]);
  });

  it("sees what was recorded since the last search, in small and in large numbers", async () => {
    const ledger = new LedgerInMemory();
    const search = new TransactionSearch(ledger, BOUNDS);
    expect((await page(search)).found).toEqual([]);
    for (const growth of [1, 3, 700, 12_000]) {
      for (let i = 0; i < growth; i += 1) ledger.tell(sale(1, OUTCOMES[i % OUTCOMES.length] ?? "approved"));
      ledger.tell(sale(1, "reversed"));
      const { found } = await page(search, { limit: 2 });
      expect(found.map((one) => one.transaction.outcome)).toEqual(["reversed"]);
    }
  });

  it("stops at its bound with a cursor to go on, and finds what lies behind it", async () => {
    const ledger = new LedgerInMemory();
    ledger.tell(sale(1, "declined"));
    for (let n = 0; n < 2_000; n += 1) ledger.add("health", {});
    const search = new TransactionSearch(ledger, { maxRead: 500, maxKnown: 100 });
    const first = await page(search);
    expect(first).toMatchObject({ found: [], next: 1_502 });
    expect(ledger.read).toBeLessThan(4_000);
    expect(ids(await allPages(search, {}, 10))).toEqual(["t-1"]);
  });

  it("says that it is too far back rather than remember without bound or guess", async () => {
    const ledger = new LedgerInMemory();
    for (let n = 1; n <= 6_000; n += 1) ledger.tell(sale(n));
    const search = new TransactionSearch(ledger, { maxRead: 20_000, maxKnown: 1_000 });
    const first = await search.find({ filter: { code: "55" }, limit: 10 }, signal);
    expect(first).toMatchObject({ found: [], next: 5_001 });
    if (first === "tooFarBack" || first.next === undefined) throw new Error("expected a cursor");
    expect(await search.find({ filter: {}, limit: 10, before: first.next }, signal)).toBe("tooFarBack");
    const { found } = await page(search, { limit: 1 });
    expect(ids(found.map((one) => one.transaction))).toEqual(["t-6000"]);
  });

  it("stops early when a clock that was right says that all the rest is older", async () => {
    const ledger = new LedgerInMemory();
    for (let n = 1; n <= 5_000; n += 1) ledger.tell(sale(n, "approved", { requestedAt: "2026-01-30T10:00:00.000Z" }));
    ledger.tell(sale(5_001, "approved", { requestedAt: "2026-01-31T10:00:00.000Z" }));
    const filter = { from: "2026-01-31T00:00:00.000Z" };
    const search = new TransactionSearch(ledger, { maxRead: 1_000, maxKnown: 50_000 });
    const found = await page(search, { filter });
    expect(ids(found.found.map((one) => one.transaction))).toEqual(["t-5001"]);
    expect(found.next).toBeUndefined();
  });

  it("does not stop early for a clock that may have been wrong", async () => {
    const ledger = new LedgerInMemory();
    ledger.tell(sale(1, "approved", { requestedAt: "2026-01-31T10:00:00.000Z" }));
    ledger.tell(sale(2, "approved", { requestedAt: "1970-01-01T00:00:10.000Z" }), "answered", false);
    const { found } = await page(new TransactionSearch(ledger, BOUNDS), {
      filter: { from: "2026-01-31T00:00:00.000Z" },
    });
    expect(ids(found.map((one) => one.transaction))).toEqual(["t-1"]);
  });

  it("ends when its caller has gone", async () => {
    const ledger = new LedgerInMemory();
    ledger.tell(sale(1));
    const gone = AbortSignal.abort(new Error("gone"));
    await expect(new TransactionSearch(ledger, BOUNDS).find({ filter: {}, limit: 1 }, gone)).rejects.toThrow("gone");
  });

  it("gives, page by page, what a plain fold over the whole ledger gives", async () => {
    const step = fc.record({
      id: fc.integer({ min: 1, max: 40 }),
      outcome: fc.constantFrom(...OUTCOMES),
      last4: fc.constantFrom("0001", "0019"),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 700 }),
        fc.record({ outcome: fc.constantFrom(...OUTCOMES), last4: fc.constantFrom("0001") }, { requiredKeys: [] }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 400 }),
        async (steps, filter, limit, maxRead) => {
          const ledger = new LedgerInMemory();
          const plain = new Map<string, Transaction>();
          for (const { id, outcome, last4 } of steps) {
            const card = { last4, length: 16, scheme: "unionpay", luhnOk: true } as const;
            const transaction = sale(id, outcome, { card });
            ledger.tell(transaction);
            plain.delete(transaction.id);
            plain.set(transaction.id, transaction);
          }
          const expected = [...plain.values()].toReversed().filter((transaction) => fits(transaction, filter));
          const search = new TransactionSearch(ledger, { maxRead, maxKnown: 1_000 });
          expect(await allPages(search, filter, limit)).toEqual(expected);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("finds what the stream carries from an earlier one, once, and says where it counts", async () => {
    const ledger = new LedgerInMemory();
    const stream = "0b8b6a51-7c3a-4f7e-9a0e-6b0f6a3b0001";
    const carry = (at: number, transaction: Transaction): void => {
      const envelope = { stream, seq: at, kind: "transaction", body: { event: "answered", transaction } };
      ledger.add("carried", { envelope });
    };
    ledger.add("gap", { event: "streamBegun" });
    carry(1, sale(1, "inDoubt"));
    carry(2, sale(2));
    ledger.tell(sale(1));
    const { found } = await page(new TransactionSearch(ledger, BOUNDS));
    expect(found.map((one) => [one.seq, one.carried, one.transaction.id, one.transaction.outcome])).toEqual([
      [4, undefined, "t-1", "approved"],
      [3, { stream, seq: 2 }, "t-2", "approved"],
    ]);
  });
});
