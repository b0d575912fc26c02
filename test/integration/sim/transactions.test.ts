import { describe, expect, test } from "vitest";
import { approved, asLines, counter, inBooks, RECEIVE_MS } from "./counter.ts";

describe("a terminal at its acquirer's host", () => {
  test("must sign in before it may sell", async () => {
    await using shop = await counter();
    await shop.terminal.signOff();
    expect(await shop.terminal.sale(1_200)).toEqual({ shown: "signInFirst" });
    expect(await shop.terminal.signIn()).toEqual({ shown: "done" });
    approved(await shop.terminal.sale(1_200));
  });

  test("is told to sign in by a host that does not know it any more, and then does not sell until it has", async () => {
    await using shop = await counter({ requireSignIn: true });
    shop.acquirer.next({ on: "sale", code: "77" });
    expect(await shop.terminal.sale(1_200)).toMatchObject({ shown: "declined", code: "77" });
    expect(await shop.terminal.sale(1_200)).toEqual({ shown: "signInFirst" });
  });

  test("does every kind of transaction, and both sides hold the same", async () => {
    await using shop = await counter();
    const { terminal, acquirer } = shop;
    const toVoid = approved(await terminal.sale(10_000));
    const toRefund = approved(await terminal.sale(20_000));
    approved(await terminal.void(toVoid));
    approved(await terminal.refund(toRefund, 5_000));
    approved(await terminal.refund(toRefund, 15_000));
    const hold = approved(await terminal.preAuth(100_000));
    approved(await terminal.preAuthAddOn(hold, 20_000));
    const completion = approved(await terminal.completion(hold, 115_000));
    approved(await terminal.completionVoid(completion));
    const toAdvise = approved(await terminal.preAuth(50_000));
    approved(await terminal.completionAdvice(toAdvise, 40_000));
    const toCancel = approved(await terminal.preAuth(30_000));
    approved(await terminal.preAuthVoid(toCancel));
    approved(await terminal.offlineSale(800));
    approved(await terminal.balance());
    expect(await terminal.echo()).toEqual({ shown: "done" });
    expect(await terminal.download()).toEqual({ shown: "done" });

    expect(terminal.journal()).toHaveLength(15);
    expect(asLines(acquirer.books())).toEqual(asLines(terminal.journal()));
    expect(acquirer.arrivals().filter(({ repeated }) => repeated)).toEqual([]);
  });

  test("is refused what the host's own rules forbid", async () => {
    await using shop = await counter();
    const { terminal } = shop;
    const sale = approved(await terminal.sale(10_000));
    approved(await terminal.void(sale));
    expect(await terminal.void(sale), "voided twice").toMatchObject({ shown: "declined", code: "22" });
    expect(await terminal.refund(sale), "refunded after its void").toMatchObject({ code: "22" });
    const other = approved(await terminal.sale(10_000));
    expect(await terminal.refund(other, 10_001), "more than was paid").toMatchObject({ code: "64" });
    const hold = approved(await terminal.preAuth(10_000));
    expect(await terminal.completion(hold, 11_501), "more than 115 %").toMatchObject({ code: "64" });
    approved(await terminal.completion(hold, 11_500));
    expect(await terminal.completion(hold, 100), "completed twice").toMatchObject({ code: "22" });
    await expect(terminal.void({ ...other }), "a copy of an entry").rejects.toThrow(
      "not a transaction of this terminal",
    );
  });

  test("shows the code and the host's text of a refusal", async () => {
    await using shop = await counter();
    shop.acquirer.next({ code: "03" });
    const shown = await shop.terminal.sale(1_200);
    expect(shown).toMatchObject({ shown: "declined", code: "03", text: "无效商户" });
    expect(shop.terminal.memory.reversal, "nothing is in doubt").toBeUndefined();
  });

  test("takes less than was asked when the host approves only a part", async () => {
    await using shop = await counter();
    shop.acquirer.next({ code: "10", approvedAmount: 7_000 });
    const entry = approved(await shop.terminal.sale(10_000));
    expect(entry.approvedAmount).toBe(7_000);
    expect(asLines(shop.acquirer.books())).toEqual(asLines(shop.terminal.journal()));
  });

  test("sends a hold without card number when its reader loses the number", async () => {
    await using shop = await counter();
    const entry = approved(await shop.terminal.preAuth(10_000, { withoutCardNumber: true }));
    expect(inBooks(shop.acquirer, entry)).not.toHaveProperty("card");
  });

  test("opens a connection for each message, for each operation, or one for all, as it is set up", async () => {
    await using acquirerAndShort = await counter();
    await using perOperation = await counter({}, { lineUse: "operation" });
    await using long = await counter({}, { lineUse: "long" });
    for (const { terminal } of [acquirerAndShort, perOperation, long]) {
      approved(await terminal.sale(1_000));
      await terminal.echo();
    }
    expect(acquirerAndShort.acquirer.connections().accepted).toBe(3);
    expect(perOperation.acquirer.connections().accepted).toBe(3);
    expect(long.acquirer.connections().accepted).toBe(1);
  });

  test("never uses a trace number twice in a row of management and money messages", async () => {
    await using shop = await counter();
    const { terminal, acquirer } = shop;
    approved(await terminal.sale(1_000));
    await terminal.echo();
    approved(await terminal.balance());
    expect(acquirer.arrivals().map(({ stan }) => stan)).toEqual(["000001", "000002", "000003", "000004"]);
  });

  test("speaks other framings too", async () => {
    const framing = { length: "ascii4", tpdu: false, headerBytes: 0 } as const;
    await using shop = await counter({ framing }, { framing });
    approved(await shop.terminal.sale(1_000));
    expect(shop.acquirer.counters().undecodable).toBe(0);
  });

  test("does not wait longer than its receive time-out", async () => {
    await using shop = await counter();
    const planned = shop.acquirer.next({ held: true });
    const started = performance.now();
    expect(await shop.terminal.sale(1_000)).toMatchObject({ shown: "noAnswer", reason: "timeout" });
    expect(performance.now() - started).toBeGreaterThanOrEqual(RECEIVE_MS - 5);
    planned.release();
  });
});
