import { describe, expect, test } from "vitest";
import { waitUntil } from "../../support/wait-until.ts";
import { approved, asLines, counter, inBooks, shownEntry, terminalAt } from "./counter.ts";

describe("a sale without an answer", () => {
  test("is reversed before the next sale, with reason 98 and its own trace number", async () => {
    await using shop = await counter();
    const { terminal, acquirer } = shop;
    acquirer.next({ delivery: "silent" });
    const lost = shownEntry(await terminal.sale(10_000));
    expect(lost.result).toBe("pending");
    expect(terminal.memory.reversal).toMatchObject({ reason: "98", attempts: 0 });
    expect(inBooks(acquirer, lost)).toMatchObject({ state: "approved" });

    const next = approved(await terminal.sale(20_000));

    expect(lost.result).toBe("reversed");
    expect(inBooks(acquirer, lost)).toMatchObject({ state: "reversed" });
    const stans = acquirer.arrivals().map(({ mti, stan }) => `${mti} ${stan}`);
    expect(stans).toEqual(["0800 000001", "0200 000002", "0400 000002", `0200 ${next.stan}`]);
  });

  test("is reversed just the same when the host never saw it", async () => {
    await using shop = await counter();
    shop.acquirer.next({ delivery: "silent", booked: false });
    const lost = shownEntry(await shop.terminal.sale(10_000));
    approved(await shop.terminal.sale(20_000));
    expect(lost.result).toBe("reversed");
    expect(shop.acquirer.books()).toHaveLength(1);
  });

  test.each(["close", "reset", "midMessage"] as const)("%s: is in doubt at once, and reversed", async (delivery) => {
    await using shop = await counter({}, { receiveMs: 30_000 });
    shop.acquirer.next({ delivery });
    const lost = await shop.terminal.sale(10_000);
    expect(lost).toMatchObject({ shown: "noAnswer", reason: "closed" });
    expect(await shop.terminal.payDebts()).toBeUndefined();
    expect(inBooks(shop.acquirer, shownEntry(lost))).toMatchObject({ state: "reversed" });
  });

  test("leaves its reversal to be sent again when the line is down, without counting that", async () => {
    await using shop = await counter();
    const { terminal, acquirer } = shop;
    acquirer.next({ delivery: "silent" });
    await terminal.sale(10_000);
    await acquirer[Symbol.asyncDispose]();
    expect(await terminal.sale(10_000)).toMatchObject({ shown: "noConnection", reason: "ECONNREFUSED" });
    expect(terminal.memory.reversal).toMatchObject({ attempts: 0 });
    expect(terminal.counters().reversalsSent).toBe(0);
  });

  test("has its reversal given up after the resend count, and the terminal sells on", async () => {
    await using shop = await counter({}, { reversalResends: 2 });
    const { terminal, acquirer } = shop;
    acquirer.next({ delivery: "silent" });
    const lost = shownEntry(await terminal.sale(10_000));
    acquirer.next({ on: "reversal", delivery: "silent", booked: false, times: 3 });

    approved(await terminal.sale(20_000));

    expect(lost).toMatchObject({ result: "reversalGivenUp", reversalsSent: 3 });
    expect(terminal.counters()).toMatchObject({ reversalsSent: 3, reversalsGivenUp: 1 });
    expect(inBooks(acquirer, lost), "the customer is charged").toMatchObject({ state: "approved" });
  });

  test("goes on asking with reason 06 when the host rejects the reversal", async () => {
    await using shop = await counter();
    const { terminal, acquirer } = shop;
    acquirer.next({ delivery: "silent" });
    const lost = shownEntry(await terminal.sale(10_000));
    const rejected = acquirer.next({ on: "reversal", code: "96" });
    const repeated = acquirer.next({ on: "reversal" });
    expect(await terminal.payDebts()).toBeUndefined();
    expect((await rejected.arrived).message.text(39)).toBe("98");
    expect((await repeated.arrived).message.text(39)).toBe("06");
    expect(lost).toMatchObject({ result: "reversed", reversalsSent: 2 });
  });

  test("keeps its reversal through a power cut, which comes before the answer", async () => {
    await using shop = await counter({}, { receiveMs: 30_000 });
    const { terminal, acquirer } = shop;
    const held = acquirer.next({ held: true });
    const selling = terminal.sale(10_000);
    await held.arrived;
    terminal.powerCut();
    const cut = await selling;
    expect(cut).toMatchObject({ shown: "powerCut" });
    held.release();

    const afterwards = terminalAt(acquirer.port, { memory: terminal.memory });
    approved(await afterwards.sale(5_000));
    expect(shownEntry(cut).result).toBe("reversed");
    expect(inBooks(acquirer, shownEntry(cut))).toMatchObject({ state: "reversed" });
  });

  test("does not become a sale when the answer comes late: the terminal ignores it and reverses", async () => {
    await using shop = await counter({}, { lineUse: "long" });
    const { terminal, acquirer } = shop;
    const late = acquirer.next({ held: true });
    const sale = shownEntry(await terminal.sale(10_000));
    late.release();
    await waitUntil("the late answer has come", () => terminal.counters().ignoredMessages === 1);
    expect(sale.result).toBe("pending");

    approved(await terminal.sale(20_000));
    expect(sale.result).toBe("reversed");
    expect(inBooks(acquirer, sale)).toMatchObject({ state: "reversed" });
  });

  test("has its late answer counted as undelivered when the terminal has hung up", async () => {
    await using shop = await counter();
    const late = shop.acquirer.next({ held: true });
    const sale = shownEntry(await shop.terminal.sale(10_000));
    await shop.terminal.payDebts();
    shop.acquirer.dropConnections();
    await waitUntil("the connection is gone", () => shop.acquirer.connections().open === 0);
    late.release();
    await waitUntil("the host could not answer", () => shop.acquirer.counters().undelivered === 1);
    expect(inBooks(shop.acquirer, sale)).not.toHaveProperty("answeredAt");
  });
});

describe("an answer that cannot be used", () => {
  test("for another terminal is ignored, and the sale reversed after the time-out", async () => {
    await using shop = await counter();
    shop.acquirer.next({ delivery: "wrongTerminal" });
    const sale = await shop.terminal.sale(10_000);
    expect(sale).toMatchObject({ shown: "noAnswer", reason: "timeout" });
    await shop.terminal.payDebts();
    expect(shownEntry(sale).result).toBe("reversed");
  });

  test("with a wrong MAC is reversed with reason A0", async () => {
    await using shop = await counter();
    shop.acquirer.next({ mac: "wrong" });
    expect(await shop.terminal.sale(10_000)).toMatchObject({ shown: "badAnswer", reason: "A0" });
    const reversal = shop.acquirer.next({ on: "reversal" });
    expect(await shop.terminal.payDebts()).toBeUndefined();
    expect((await reversal.arrived).message.text(39)).toBe("A0");
  });

  test("because the chip failed after the approval is reversed with reason 96", async () => {
    await using shop = await counter();
    const sale = await shop.terminal.sale(10_000, { chipFails: true });
    expect(sale).toMatchObject({ shown: "badAnswer", reason: "96" });
    const reversal = shop.acquirer.next({ on: "reversal" });
    expect(await shop.terminal.payDebts()).toBeUndefined();
    expect((await reversal.arrived).message.text(39)).toBe("96");
    expect(inBooks(shop.acquirer, shownEntry(sale))).toMatchObject({ state: "reversed" });
  });

  test("that comes twice is taken once", async () => {
    await using shop = await counter({}, { lineUse: "long" });
    shop.acquirer.next({ delivery: "twice" });
    approved(await shop.terminal.sale(10_000));
    await waitUntil("the second answer has come", () => shop.terminal.counters().ignoredMessages === 1);
    approved(await shop.terminal.sale(20_000));
    expect(asLines(shop.acquirer.books())).toEqual(asLines(shop.terminal.journal()));
  });
});

describe("what is never reversed", () => {
  test("an advice without an answer is repeated until there is one, and booked once", async () => {
    await using shop = await counter();
    const { terminal, acquirer } = shop;
    const hold = approved(await terminal.preAuth(50_000));
    acquirer.next({ on: "completionAdvice", delivery: "silent", times: 2 });
    const advice = await terminal.completionAdvice(hold, 40_000);
    expect(advice).toMatchObject({ shown: "noAnswer" });
    expect(await terminal.payDebts(), "still nobody answers").toMatchObject({ shown: "noAnswer" });
    approved(await terminal.sale(1_000));
    expect(shownEntry(advice)).toMatchObject({ result: "approved", timesSent: 3, reversalsSent: 0 });
    expect(acquirer.books().filter(({ kind }) => kind === "completionAdvice")).toHaveLength(1);
    expect(acquirer.totals().repeatedRequests, "advices may be repeated").toBe(0);
    expect(asLines(acquirer.books())).toEqual(asLines(terminal.journal()));
  });

  test("a refund without an answer trickles out after the next sale", async () => {
    await using shop = await counter();
    const { terminal, acquirer } = shop;
    const sale = approved(await terminal.sale(10_000));
    acquirer.next({ on: "refund", delivery: "silent", booked: false });
    const refund = shownEntry(await terminal.refund(sale));
    approved(await terminal.sale(1_000));
    expect(refund).toMatchObject({ result: "approved", timesSent: 2 });
    expect(acquirer.totals().reversed).toBe(0);
  });

  test("a balance enquiry is forgotten", async () => {
    await using shop = await counter();
    shop.acquirer.next({ on: "balance", delivery: "silent" });
    await shop.terminal.balance();
    expect(shop.terminal.memory.reversal).toBeUndefined();
  });
});

describe("the order of what is owed", () => {
  test("is script notice, reversal, new sale", async () => {
    await using shop = await counter();
    const { terminal, acquirer } = shop;
    acquirer.next({ script: true });
    approved(await terminal.sale(5_000, { method: "chip" }));
    acquirer.next({ on: "scriptNotice", delivery: "silent" });
    acquirer.next({ delivery: "silent" });
    expect(await terminal.sale(6_000)).toMatchObject({ shown: "noAnswer" });
    const before = acquirer.arrivals().length;

    approved(await terminal.sale(7_000));

    const order = acquirer.arrivals().slice(before);
    expect(order.map(({ mti }) => mti)).toEqual(["0620", "0400", "0200"]);
  });
});

describe("the host's rules for reversals", () => {
  test("another day is 25: the terminal gives up and the charge stays", async () => {
    let now = Date.UTC(2025, 10, 22, 4);
    await using shop = await counter({ now: () => now }, { reversalResends: 1 });
    shop.acquirer.next({ delivery: "silent" });
    const sale = shownEntry(await shop.terminal.sale(10_000));
    now += 24 * 3_600_000;
    await shop.terminal.payDebts();
    expect(sale.result).toBe("reversalGivenUp");
    expect(inBooks(shop.acquirer, sale)).toMatchObject({ state: "approved" });
  });

  test("a request that comes after its own reversal was answered is flagged", async () => {
    await using shop = await counter();
    const { terminal, acquirer } = shop;
    // The request is lost, the reversal arrives, and then somebody on the way lets the request through after all.
    acquirer.next({ delivery: "silent", booked: false });
    const sale = shownEntry(await terminal.sale(10_000));
    await terminal.payDebts();
    const again = terminalAt(acquirer.port);
    again.memory.isSignedIn = true;
    again.memory.takeStan();
    const replayed = approved(await again.sale(10_000));
    expect(replayed.stan).toBe(sale.stan);
    expect(acquirer.totals()).toMatchObject({ afterTheirReversal: 1, repeatedRequests: 1 });
  });
});
