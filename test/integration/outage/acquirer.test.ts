import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TransactionRecord } from "../../../src/domain/transaction.ts";
import type { Delivery } from "../../../src/sim/acquirer/course.ts";
import type { JournalEntry } from "../../../src/sim/terminal/journal.ts";
import type { Shown } from "../../../src/sim/terminal/shown.ts";
import type { Terminal, TerminalOptions } from "../../../src/sim/terminal/terminal.ts";
import { Shop } from "../../support/shop.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { expectKept } from "../promise/promise.ts";

/** Terminals that the config lists; each test takes a fresh one. */
const TERMINALS = 24;

let shop: Shop;
let taken = 0;

beforeAll(async () => {
  shop = await Shop.open({ terminals: TERMINALS });
});

afterAll(async () => {
  const settled = await shop.settle();
  expectKept(settled, "after all of it");
  await shop[Symbol.asyncDispose]();
});

async function signedIn(options: Partial<TerminalOptions> = {}): Promise<Terminal> {
  taken += 1;
  const terminal = shop.terminal(taken, { receiveMs: 800, lineUse: "operation", ...options });
  // The shop settles its terminals' debts in the end.
  shop.terminals[taken - 1] = terminal;
  expect(await terminal.signIn()).toEqual({ shown: "done" });
  return terminal;
}

function entryOf(shown: Shown): JournalEntry {
  if (shown.entry === undefined) throw new Error(`no transaction was made: ${shown.shown}`);
  return shown.entry;
}

function steps(records: readonly TransactionRecord[]): readonly string[] {
  return records.map(({ event, transaction }) => `${event} ${transaction.outcome}`);
}

function last(records: readonly TransactionRecord[]): TransactionRecord["transaction"] | undefined {
  return records.at(-1)?.transaction;
}

function atHost({ de41 }: Terminal, { batch, stan }: JournalEntry): string | undefined {
  return shop.acquirer.books().find((entry) => entry.de41 === de41 && entry.batch === batch && entry.stan === stan)
    ?.state;
}

/** What headquarters hears of a terminal that got no answer and takes its request back. */
const TAKEN_BACK = [
  "requested inDoubt",
  "unanswered inDoubt",
  "reversalRequested reversing",
  "reversalAnswered reversed",
];

describe("what headquarters says when the acquirer", () => {
  test("answers: approved, declined, partly approved, with what the host said", async () => {
    const terminal = await signedIn();
    const sale = entryOf(await terminal.sale(12_345));
    shop.acquirer.next({ code: "51", de41: terminal.de41 });
    const declined = entryOf(await terminal.sale(20_000));
    shop.acquirer.next({ code: "10", approvedAmount: 5_000, de41: terminal.de41 });
    const partly = entryOf(await terminal.sale(9_000));

    const approved = await shop.told(terminal, sale);
    expect(steps(approved)).toEqual(["requested inDoubt", "answered approved"]);
    expect(last(approved)).toMatchObject({ amount: 12_345, currency: "CNY", rrn: sale.rrn, authCode: sale.authCode });
    expect(last(await shop.told(terminal, declined))).toMatchObject({ outcome: "declined", responseCode: "51" });
    expect(last(await shop.told(terminal, partly))).toMatchObject({
      outcome: "approvedPartly",
      amount: 9_000,
      approvedAmount: 5_000,
    });
  });

  test("is silent after it has booked: in doubt, then reversed", async () => {
    const terminal = await signedIn();
    shop.acquirer.next({ delivery: "silent", de41: terminal.de41 });
    const sale = entryOf(await terminal.sale(10_000));
    expect(steps(await shop.told(terminal, sale)), "before the reversal").toEqual(TAKEN_BACK.slice(0, 2));
    expect(atHost(terminal, sale), "the customer is charged").toBe("approved");
    await terminal.payDebts();

    const told = await shop.told(terminal, sale);
    expect(steps(told)).toEqual(TAKEN_BACK);
    expect(last(told)?.reversal).toMatchObject({ attempts: 1, reason: "98", responseCode: "00" });
    expect(atHost(terminal, sale)).toBe("reversed");
  });

  test("never gets the request: in doubt all the same, then reversed", async () => {
    const terminal = await signedIn();
    shop.acquirer.next({ delivery: "silent", booked: false, de41: terminal.de41 });
    const sale = entryOf(await terminal.sale(10_000));
    await terminal.payDebts();
    expect(steps(await shop.told(terminal, sale))).toEqual(TAKEN_BACK);
    expect(atHost(terminal, sale)).toBeUndefined();
  });

  test("is silent to the reversals too: abandoned, once the terminal sells on", async () => {
    const terminal = await signedIn({ reversalResends: 1 });
    shop.acquirer.next({ delivery: "silent", de41: terminal.de41 });
    const sale = entryOf(await terminal.sale(10_000));
    shop.acquirer.next({ on: "reversal", delivery: "silent", booked: false, times: 2, de41: terminal.de41 });
    await terminal.sale(20_000);

    const told = await shop.told(terminal, sale);
    expect(last(told)).toMatchObject({ outcome: "reversalAbandoned", reversal: { attempts: 2 } });
    expect(sale.result).toBe("reversalGivenUp");
    expect(atHost(terminal, sale), "money on one side only").toBe("approved");
  });

  test("answers too late for a terminal that has hung up: in doubt, with the host's approval beside it", async () => {
    const terminal = await signedIn({ lineUse: "request" });
    const late = shop.acquirer.next({ held: true, de41: terminal.de41 });
    const sale = entryOf(await terminal.sale(10_000));
    late.release();
    await waitUntil("headquarters has the late answer", async () => (await shop.told(terminal, sale)).length === 3);
    expect(last(await shop.told(terminal, sale))).toMatchObject({ outcome: "inDoubt", hostApproved: true });
    await terminal.payDebts();

    expect(steps(await shop.told(terminal, sale))).toEqual([
      ...TAKEN_BACK.slice(0, 2),
      "answeredLate inDoubt",
      ...TAKEN_BACK.slice(2),
    ]);
  });

  test("answers late but while the connection stands: approved, then reversed, because the terminal had given up", async () => {
    const terminal = await signedIn({ lineUse: "long" });
    const late = shop.acquirer.next({ held: true, de41: terminal.de41 });
    const sale = entryOf(await terminal.sale(10_000));
    late.release();
    await waitUntil("the late answer has come", () => terminal.counters().ignoredMessages === 1);
    await terminal.payDebts();
    expect(steps(await shop.told(terminal, sale))).toEqual([
      "requested inDoubt",
      "answered approved",
      "reversalRequested reversing",
      "reversalAnswered reversed",
    ]);
  });

  test("answers twice: approved once, and the second answer noted", async () => {
    const terminal = await signedIn({ lineUse: "long" });
    shop.acquirer.next({ delivery: "twice", de41: terminal.de41 });
    const sale = entryOf(await terminal.sale(10_000));
    await waitUntil("the second answer has come", () => terminal.counters().ignoredMessages === 1);
    expect(steps(await shop.told(terminal, sale))).toEqual([
      "requested inDoubt",
      "answered approved",
      "answeredAgain approved",
    ]);
  });

  test("answers for another terminal: that decides nothing", async () => {
    const terminal = await signedIn();
    shop.acquirer.next({ delivery: "wrongTerminal", de41: terminal.de41 });
    const sale = entryOf(await terminal.sale(10_000));
    await terminal.payDebts();
    expect(steps(await shop.told(terminal, sale))).toEqual(TAKEN_BACK);
  });

  test.each<[Delivery, string]>([
    ["midMessage", "acquirerClosed"],
    ["close", "acquirerClosed"],
    ["reset", "acquirerClosed"],
  ])("ends the connection instead of answering (%s): in doubt, then reversed", async (delivery, reason) => {
    const terminal = await signedIn();
    shop.acquirer.next({ delivery, de41: terminal.de41 });
    const shown = await terminal.sale(10_000);
    expect(shown, "told at once").toMatchObject({ shown: "noAnswer", reason: "closed" });
    const told = await shop.told(terminal, entryOf(shown));
    expect(last(told)).toMatchObject({ outcome: "inDoubt", reason });
    await terminal.payDebts();
    expect(steps(await shop.told(terminal, entryOf(shown)))).toEqual(TAKEN_BACK);
  });

  test("settles: the ledger agrees with the terminal, and the host with both", async () => {
    const terminal = await signedIn();
    const sale = entryOf(await terminal.sale(10_000));
    await terminal.sale(20_000);
    await terminal.void(sale);
    expect(await terminal.settle()).toMatchObject({ domestic: "balanced", foreign: "balanced" });

    await shop.delivered();
    const settlements = shop.recordsOf("settlement", terminal);
    expect(settlements.map(({ event }) => event)).toEqual(["requested", "answered", "uploadEnded"]);
    expect(settlements[0]).toMatchObject({
      ledgerAgrees: true,
      ledgerTotals: { debitAmount: 30_000, debitCount: 2, creditAmount: 10_000, creditCount: 1 },
    });
    expect(settlements[1]).toMatchObject({ hostVerdict: { domestic: "balanced", foreign: "balanced" } });
  });

  test("does not balance: the totals end no doubt, the uploaded detail does", async () => {
    const terminal = await signedIn({ receiveMs: 5_000 });
    await terminal.sale(10_000);
    shop.acquirer.next({ delivery: "silent", de41: terminal.de41 });
    const doubted = entryOf(await terminal.sale(20_000));
    // The terminal knows better than the gateway: the answer reached it another way.
    terminal.memory.reversal = undefined;
    doubted.result = "approved";
    const verdict = { domestic: "notBalanced", foreign: "notBalanced" } as const;
    shop.acquirer.next({ on: "settlement", verdict, de41: terminal.de41 });
    const upload = shop.acquirer.next({ on: "batchUpload", held: true, de41: terminal.de41 });
    const settling = terminal.settle();
    await upload.arrived;
    expect(last(await shop.told(terminal, doubted)), "after the totals").toMatchObject({ outcome: "inDoubt" });
    upload.release();
    expect(await settling).toMatchObject({ shown: "settled", uploaded: 2 });

    const told = await shop.told(terminal, doubted);
    expect(steps(told)).toEqual(["requested inDoubt", "unanswered inDoubt", "confirmedByBatch approved"]);
    const settlements = shop.recordsOf("settlement", terminal);
    expect(settlements.map(({ event }) => event)).toEqual(["requested", "answered", "detailUploaded", "uploadEnded"]);
    expect(settlements[0], "the ledger lacks the one in doubt").toMatchObject({ ledgerAgrees: false });
    expect(settlements[1]).toMatchObject({ hostVerdict: verdict });
    expect(settlements[2]).toMatchObject({ details: 2 });
  });
});
