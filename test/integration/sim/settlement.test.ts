import { describe, expect, test } from "vitest";
import { approved, counter, shownEntry } from "./counter.ts";
import { inventCard } from "../../../src/sim/terminal/card.ts";
import { seededRandom } from "../../../src/sim/seeded-random.ts";

describe("settlement", () => {
  test("balances when both sides hold the same, and the next batch begins", async () => {
    await using shop = await counter();
    const { terminal, acquirer } = shop;
    const sale = approved(await terminal.sale(10_000));
    approved(await terminal.sale(20_000));
    approved(await terminal.void(sale));
    acquirer.next({ code: "51" });
    await terminal.sale(30_000);

    expect(await terminal.settle()).toEqual({
      shown: "settled",
      batch: "000001",
      domestic: "balanced",
      foreign: "balanced",
      uploaded: 0,
    });
    expect(acquirer.uploads()).toEqual([
      { de41: terminal.de41, batch: "000001", details: [], endedWith: "207", claimed: 0 },
    ]);
    expect(terminal.memory.batch).toBe("000002");
    expect(terminal.memory.journal).toEqual([]);
    expect(terminal.journal(), "old batches stay readable").toHaveLength(4);
  });

  test("counts domestic and foreign cards apart", async () => {
    await using shop = await counter();
    const { terminal, acquirer } = shop;
    const random = seededRandom(3);
    const cards = Array.from({ length: 200 }, () => inventCard(random));
    const [foreign] = cards.filter((card) => card.isForeign);
    const [domestic] = cards.filter((card) => !card.isForeign);
    if (foreign === undefined || domestic === undefined) throw new Error("the deck has both kinds");
    approved(await terminal.sale(10_000, { card: domestic }));
    approved(await terminal.sale(3_000, { card: foreign }));
    expect(acquirer.batchTotals(terminal.de41, "000001")).toMatchObject({
      domestic: { debitAmount: 10_000, debitCount: 1 },
      foreign: { debitAmount: 3_000, debitCount: 1 },
    });
    expect(await terminal.settle()).toMatchObject({ domestic: "balanced", foreign: "balanced" });
  });

  test("that does not balance uploads every detail, eight in a packet, and says so at the end", async () => {
    await using shop = await counter({}, { reversalResends: 0 });
    const { terminal, acquirer } = shop;
    for (let sale = 1; sale <= 9; sale++) approved(await terminal.sale(sale * 1_000));
    // The host keeps one that the terminal has given up.
    acquirer.next({ delivery: "silent" });
    const lost = shownEntry(await terminal.sale(50_000));
    acquirer.next({ on: "reversal", delivery: "silent", booked: false });

    const settled = await terminal.settle();

    expect(lost.result).toBe("reversalGivenUp");
    expect(settled).toMatchObject({ shown: "settled", uploaded: 9 });
    const packets = acquirer.arrivals().filter(({ kind }) => kind === "batchUpload");
    expect(packets).toHaveLength(2);
    const [upload] = acquirer.uploads();
    expect(upload).toMatchObject({ endedWith: "202", claimed: 9 });
    expect(upload?.details.map(({ amount }) => amount)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => n * 1_000));
    const journal = terminal.journal().filter(({ result }) => result === "approved");
    expect(upload?.details.map(({ last4 }) => last4)).toEqual(journal.map(({ card }) => card.last4));
  });

  test.each(["notBalanced", "error"] as const)(
    "shows the host's verdict %s although the figures agree",
    async (verdict) => {
      await using shop = await counter();
      approved(await shop.terminal.sale(10_000));
      shop.acquirer.next({ on: "settlement", verdict: { domestic: verdict, foreign: "balanced" } });
      expect(await shop.terminal.settle()).toMatchObject({ domestic: verdict, foreign: "balanced", uploaded: 1 });
    },
  );

  test("may claim balance although the figures differ", async () => {
    await using shop = await counter({}, { reversalResends: 0 });
    shop.acquirer.next({ delivery: "silent" });
    await shop.terminal.sale(50_000);
    shop.acquirer.next({ on: "reversal", delivery: "silent", booked: false });
    shop.acquirer.next({ on: "settlement", verdict: { domestic: "balanced", foreign: "balanced" } });
    expect(await shop.terminal.settle()).toMatchObject({ domestic: "balanced", uploaded: 0 });
  });

  test("reverses what is owed before it counts", async () => {
    await using shop = await counter();
    const { terminal, acquirer } = shop;
    approved(await terminal.sale(10_000));
    acquirer.next({ delivery: "silent" });
    await terminal.sale(20_000);
    expect(await terminal.settle()).toMatchObject({ domestic: "balanced", foreign: "balanced" });
    expect(acquirer.totals()).toMatchObject({ approved: 1, reversed: 1 });
  });

  test("without an answer leaves the batch as it is", async () => {
    await using shop = await counter();
    approved(await shop.terminal.sale(10_000));
    shop.acquirer.next({ on: "settlement", delivery: "silent" });
    expect(await shop.terminal.settle()).toEqual({ shown: "noAnswer", reason: "timeout" });
    expect(shop.terminal.memory.batch).toBe("000001");
    expect(await shop.terminal.settle()).toMatchObject({ shown: "settled", batch: "000001", uploaded: 0 });
  });

  test("a full journal sells no more until it is settled", async () => {
    await using shop = await counter({}, { lineUse: "long" });
    const { terminal } = shop;
    for (let n = 0; n < 900; n++) await terminal.balance();
    expect(await terminal.sale(1_000)).toEqual({ shown: "journalFull" });
    await terminal.settle();
    approved(await terminal.sale(1_000));
  });
});
