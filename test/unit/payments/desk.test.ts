import { describe, expect, it } from "vitest";
import { instant } from "../../../src/domain/clock.ts";
import { currency } from "../../../src/domain/money.ts";
import { paymentId } from "../../../src/domain/payment.ts";
import { terminalId } from "../../../src/domain/terminal.ts";
import { systemClock } from "../../../src/runtime/clock.ts";
import { anApplication, endOf, outcomeOf, PaymentRig } from "../../support/payment-rig.ts";
import { ScriptedTerminal } from "../../support/scripted-terminals.ts";
import { waitUntil } from "../../support/wait-until.ts";

it("a currency that no terminal takes is refused, and nothing is sent", async () => {
  const rig = new PaymentRig();
  rig.claims.notTaken.add(currency("CNY"));
  const { desk, stop } = await rig.open();
  expect(await desk.pay(anApplication({ currency: currency("CNY") }))).toMatchObject({
    refusal: { refused: "wrongCurrency", field: "currency" },
  });
  expect(await outcomeOf(desk.pay(anApplication()))).toBe("approved");
  expect(rig.terminal.orders).toHaveLength(1);
  await stop();
});

describe("one key", () => {
  it("is one payment, however often and however close it comes", async () => {
    const rig = new PaymentRig();
    const { desk, stop } = await rig.open();
    const starts = await Promise.all(Array.from({ length: 20 }, async () => desk.pay(anApplication({ key: "k" }))));
    const ids = new Set(
      await Promise.all(starts.map(async (start) => (await endOf(start), JSON.stringify(await endOf(start))))),
    );
    expect(ids.size).toBe(1);
    expect(await outcomeOf(desk.pay(anApplication({ key: "k" })))).toBe("approved");
    expect(rig.terminal.charges).toHaveLength(1);
    expect(rig.events()).toEqual(["requested inDoubt", "answered approved"]);
    await stop();
  });

  it("gives the same answer after a restart, and after a crash the one that is known then", async () => {
    const rig = new PaymentRig();
    const first = await rig.open();
    await outcomeOf(first.desk.pay(anApplication()));
    rig.terminal.script.push("hang");
    await first.desk.pay(anApplication({ key: "k", orderId: "O-2" }));
    await waitUntil("it waits for a card", () => rig.terminal.hanging === 1);
    first.crash();
    const second = await rig.open();
    expect(await outcomeOf(second.desk.pay(anApplication({ key: "k", orderId: "O-2" })))).toBe("inDoubt");
    rig.terminal.letGo();
    await waitUntil("the terminal has told", () => second.desk.inDoubt()?.length === 0);
    expect(await outcomeOf(second.desk.pay(anApplication({ key: "k", orderId: "O-2" })))).toBe("approved");
    expect(rig.terminal.charges).toHaveLength(2);
    await second.stop();
  });

  it("with another request is refused, while the first runs and after it", async () => {
    const rig = new PaymentRig();
    const { desk, stop } = await rig.open();
    rig.terminal.script.push("hang");
    const start = await desk.pay(anApplication({ key: "k" }));
    expect(await outcomeOf(desk.pay(anApplication({ key: "k", amount: 1 })))).toBe("keyReused");
    await waitUntil("it waits for a card", () => rig.terminal.hanging === 1);
    rig.terminal.letGo();
    await endOf(start);
    expect(await outcomeOf(desk.pay(anApplication({ key: "k", amount: 1 })))).toBe("keyReused");
    expect(await outcomeOf(desk.pay(anApplication({ key: "k", till: "till-b", amount: 1 })))).toBe("approved");
    expect(rig.terminal.orders).toHaveLength(2);
    await stop();
  });

  it("of a request that was refused before anything was sent may come again", async () => {
    const rig = new PaymentRig();
    const { desk, stop } = await rig.open();
    rig.terminal.paused = "maintenance";
    const wanted = { key: "k", terminal: terminalId("t-1") };
    expect(await outcomeOf(desk.pay(anApplication(wanted)))).toBe("terminalPaused");
    rig.terminal.paused = undefined;
    expect(await outcomeOf(desk.pay(anApplication(wanted)))).toBe("approved");
    expect(rig.events()).toEqual(["refused refused", "requested inDoubt", "answered approved"]);
    await stop();
  });
});

describe("one order", () => {
  it("is not begun twice at once, and not again when it is paid", async () => {
    const rig = new PaymentRig();
    const { desk, stop } = await rig.open();
    const both = await Promise.all([desk.pay(anApplication()), desk.pay(anApplication())]);
    expect((await Promise.all(both.map(outcomeOf))).sort()).toEqual(["approved", "orderInDoubt"]);
    const again = await desk.pay(anApplication());
    expect(again).toMatchObject({ refusal: { refused: "probableDuplicate", payments: [rig.payments()[0]?.id] } });
    expect(rig.terminal.charges).toHaveLength(1);
    await stop();
  });

  it("may be tried again when it was declined, or never reached the terminal", async () => {
    const rig = new PaymentRig();
    const { desk, stop } = await rig.open();
    rig.terminal.script.push("decline", "notSent");
    expect(await outcomeOf(desk.pay(anApplication()))).toBe("declined");
    expect(await outcomeOf(desk.pay(anApplication()))).toBe("failed");
    expect(await outcomeOf(desk.pay(anApplication()))).toBe("approved");
    expect(rig.events()).toContain("notSent failed");
    await stop();
  });

  it("in doubt is refused until its end is known, also after a restart", async () => {
    const rig = new PaymentRig();
    rig.terminal.isReachable = true;
    const first = await rig.open({ asking: { quietMs: 60_000, notNowMs: 60_000, againMs: [] } });
    rig.terminal.script.push("lostAfter");
    expect(await outcomeOf(first.desk.pay(anApplication()))).toBe("inDoubt");
    const [doubt] = rig.payments();
    const override = { overrides: [paymentId(doubt?.id ?? "")], reason: "customer waits" };
    const boss = { till: "till-a", asker: "boss", role: "supervisor" } as const;
    expect(await outcomeOf(first.desk.pay(anApplication()))).toBe("orderInDoubt");
    expect(await outcomeOf(first.desk.pay(anApplication({ ...boss, ...override })))).toBe("orderInDoubt");
    await first.stop();
    const second = await rig.open({ asking: { quietMs: 60_000, notNowMs: 60_000, againMs: [] } });
    expect(await outcomeOf(second.desk.pay(anApplication()))).toBe("orderInDoubt");
    expect(rig.terminal.orders).toHaveLength(1);
    await second.stop();
  });

  it("that was paid is paid again only by a supervisor, with a new key, the payment's name and a reason, and that is kept", async () => {
    const rig = new PaymentRig();
    const { desk, stop } = await rig.open();
    await outcomeOf(desk.pay(anApplication()));
    const overrides = [paymentId(rig.payments()[0]?.id ?? "")];
    const boss = { till: "till-a", asker: "boss", role: "supervisor" } as const;
    const reason = "two guests, one order";
    expect(await outcomeOf(desk.pay(anApplication({ overrides, reason })))).toBe("notPermitted");
    expect(await outcomeOf(desk.pay(anApplication({ ...boss, overrides })))).toBe("probableDuplicate");
    expect(await outcomeOf(desk.pay(anApplication({ ...boss, overrides: [paymentId("x")], reason })))).toBe(
      "probableDuplicate",
    );
    expect(rig.terminal.charges).toHaveLength(1);
    expect(await outcomeOf(desk.pay(anApplication({ ...boss, overrides, reason })))).toBe("approved");
    expect(rig.payments().at(-1)?.payment?.override).toEqual({ reason, who: "boss", payments: overrides });
    expect(await outcomeOf(desk.pay(anApplication())), "both stand in the way now").toBe("probableDuplicate");
    await stop();
  });

  it("is still paid when what a supervisor had tried in spite of it was declined", async () => {
    const rig = new PaymentRig();
    const { desk, stop } = await rig.open();
    await outcomeOf(desk.pay(anApplication()));
    const overrides = [paymentId(rig.payments()[0]?.id ?? "")];
    rig.terminal.script.push("decline");
    await outcomeOf(desk.pay(anApplication({ asker: "boss", role: "supervisor", overrides, reason: "split" })));
    expect(await outcomeOf(desk.pay(anApplication()))).toBe("probableDuplicate");
    await stop();
  });

  it("may be sold again when it was given back in whole, not when in part", async () => {
    const rig = new PaymentRig();
    const { desk, stop } = await rig.open();
    const boss = { till: "till-a", asker: "boss", role: "supervisor" } as const;
    await outcomeOf(desk.pay(anApplication()));
    expect(await outcomeOf(desk.pay(anApplication({ ...boss, kind: "refund", amount: 100 })))).toBe("approved");
    expect(await outcomeOf(desk.pay(anApplication()))).toBe("probableDuplicate");
    const original = { payment: paymentId(rig.payments()[0]?.id ?? "") };
    const { amount: _all, ...request } = anApplication({ kind: "reversal", original }).request;
    expect(await outcomeOf(desk.pay({ ...anApplication(), request }))).toBe("approved");
    expect(rig.terminal.orders.at(-1)?.original).toMatchObject({ receiptNumber: "0041", stan: "000041" });
    expect(rig.payments().at(-1)?.originalTransaction).toBe(rig.payments()[0]?.id);
    expect(await outcomeOf(desk.pay(anApplication()))).toBe("approved");
    await stop();
  });
});

it("an order that was just paid is still paid when the clock is set, by a month or back", async () => {
  const rig = new PaymentRig();
  const real = systemClock();
  let wrongByMs = 0;
  const clock = { ...real, now: () => instant(real.now() + wrongByMs) };
  rig.store.clock = clock;
  const { desk, stop } = await rig.open({}, { clock });
  expect(await outcomeOf(desk.pay(anApplication()))).toBe("approved");
  for (const days of [31, -31]) {
    wrongByMs = days * 24 * 3_600_000;
    expect(await outcomeOf(desk.pay(anApplication()))).toBe("probableDuplicate");
  }
  expect(rig.terminal.charges).toHaveLength(1);
  await stop();
});

it("an equal amount at the same till is refused for half an hour while a payment is in doubt, not at another till", async () => {
  const rig = new PaymentRig(new ScriptedTerminal("t-2", 700));
  const { desk, stop } = await rig.open({ asking: { quietMs: 60_000, notNowMs: 60_000, againMs: [] } });
  rig.terminal.script.push("lostAfter");
  await outcomeOf(desk.pay(anApplication()));
  const other = { orderId: "O-2", terminal: terminalId("t-2") };
  expect(await outcomeOf(desk.pay(anApplication(other)))).toBe("probableDuplicate");
  expect(await outcomeOf(desk.pay(anApplication({ ...other, amount: 1_251 })))).toBe("approved");
  expect(await outcomeOf(desk.pay(anApplication({ ...other, till: "till-b" })))).toBe("approved");
  await stop();
  const later = await rig.open({
    rules: { sameAmountWithinMs: 0, paidWithinMs: 1_000_000 },
    asking: { quietMs: 60_000, notNowMs: 60_000, againMs: [] },
  });
  expect(await outcomeOf(later.desk.pay(anApplication({ ...other, orderId: "O-3" })))).toBe("approved");
  await later.stop();
});

describe("what cannot be recorded", () => {
  it("is not sent", async () => {
    const rig = new PaymentRig();
    const { desk, ledger, stop } = await rig.open();
    ledger.isFull = true;
    expect(await outcomeOf(desk.pay(anApplication()))).toBe("notRecorded");
    ledger.isFull = false;
    ledger.isBroken = true;
    expect(await outcomeOf(desk.pay(anApplication()))).toBe("notRecorded");
    ledger.isBroken = false;
    expect(rig.terminal.orders).toHaveLength(0);
    expect(rig.terminal.isHeld, "the terminal is free").toBe(false);
    expect(await outcomeOf(desk.pay(anApplication()))).toBe("approved");
    await stop();
  });

  it("is not sent either while the ledger cannot be read: nobody knows what it says of the key", async () => {
    const rig = new PaymentRig();
    const { desk, ledger, stop } = await rig.open();
    ledger.isUnreadable = true;
    expect(await outcomeOf(desk.pay(anApplication({ key: "k" })))).toBe("notRecorded");
    ledger.isUnreadable = false;
    expect(rig.terminal.orders).toHaveLength(0);
    expect(await outcomeOf(desk.pay(anApplication({ key: "k" })))).toBe("approved");
    await stop();
  });

  it("of an answer is held, the till hears the truth, and no other payment begins until it is on disk", async () => {
    const rig = new PaymentRig();
    const { desk, ledger, stop } = await rig.open();
    rig.terminal.script.push("hang");
    const start = await desk.pay(anApplication({ key: "k" }));
    await waitUntil("it waits for a card", () => rig.terminal.hanging === 1);
    ledger.isFull = true;
    rig.terminal.letGo();
    expect(await outcomeOf(start)).toBe("approved");
    expect(rig.events()).toEqual(["requested inDoubt"]);
    expect(await outcomeOf(desk.pay(anApplication({ key: "k" }))), "the same key hears the same").toBe("approved");
    expect(await outcomeOf(desk.pay(anApplication({ orderId: "O-2" })))).toBe("notRecorded");
    ledger.makeRoom();
    expect(rig.events()).toEqual(["requested inDoubt", "answered approved"]);
    expect(await outcomeOf(desk.pay(anApplication({ orderId: "O-2", amount: 7 })))).toBe("approved");
    await stop();
  });
});

describe("a request", () => {
  it("is refused for what is wrong with it, and nothing is sent", async () => {
    const rig = new PaymentRig();
    const { desk, stop } = await rig.open({ currencies: new Set([currency("EUR")]), maxAmount: 10_000 });
    const cases = [
      [{ amount: 0 }, "wrongAmount"],
      [{ amount: 10_001 }, "wrongAmount"],
      [{ currency: currency("USD") }, "wrongCurrency"],
      [{ kind: "reversal" }, "unknownOriginal"],
      [{ kind: "reversal", original: { payment: paymentId("nobody's") } }, "unknownOriginal"],
      [{ kind: "refund" }, "notPermitted"],
      [{ till: "till-b", asker: "till-a" }, "notPermitted"],
      [{ terminal: terminalId("t-9") }, "unknownTerminal"],
      [{ group: "nowhere" }, "unknownGroup"],
    ] as const;
    for (const [wanted, refused] of cases)
      expect(await outcomeOf(desk.pay(anApplication(wanted))), refused).toBe(refused);
    rig.terminal.isHeld = true;
    expect(await outcomeOf(desk.pay(anApplication({ terminal: terminalId("t-1") })))).toBe("terminalBusy");
    expect(await outcomeOf(desk.pay(anApplication()))).toBe("noTerminalFree");
    rig.terminal.isHeld = false;
    expect(rig.terminal.orders).toHaveLength(0);
    await stop();
  });

  it("that is refused again and again does not fill the ledger", async () => {
    const rig = new PaymentRig();
    const { desk, stop } = await rig.open();
    rig.terminal.paused = "maintenance";
    for (let n = 0; n < 100; n += 1) await desk.pay(anApplication({ terminal: terminalId("t-1") }));
    expect(rig.store.drafts).toHaveLength(20);
    await stop();
  });
});

it("a payment that is cancelled ends as its terminal says, and tells its progress until then", async () => {
  const rig = new PaymentRig();
  const { desk, stop } = await rig.open();
  rig.terminal.script.push("hang");
  const start = await desk.pay(anApplication());
  if (start.type !== "running") throw new Error("it does not run");
  const steps: string[] = [];
  using listener = start.run.listen(({ step }) => steps.push(step));
  expect(listener).toBeDefined();
  await waitUntil("it waits for a card", () => rig.terminal.hanging === 1);
  expect(start.run.progress).toMatchObject({ step: "presentCard" });
  start.run.cancel();
  expect(await endOf(start)).toMatchObject({ outcome: "failed", reason: "abortedAtTerminal" });
  expect(await desk.find(paymentId(start.run.begun.id))).toBeDefined();
  await stop();
});

it("a driver that throws leaves its order in doubt", async () => {
  const rig = new PaymentRig();
  const { desk, stop } = await rig.open({ asking: { quietMs: 60_000, notNowMs: 60_000, againMs: [] } });
  rig.terminal.script.push("throws");
  expect(await endOf(desk.pay(anApplication()))).toMatchObject({ outcome: "inDoubt", reason: "driverFailed" });
  await stop();
});

it("when it stops, running payments are called back, and what came of them is recorded before it has ended", async () => {
  const rig = new PaymentRig();
  const { desk, stop } = await rig.open();
  rig.terminal.script.push("hang");
  await desk.pay(anApplication());
  await stop();
  expect(rig.events()).toEqual(["requested inDoubt", "answered failed"]);
  expect(await outcomeOf(desk.pay(anApplication()))).toBe("notReady");
});
