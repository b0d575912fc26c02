import { describe, expect, it } from "vitest";
import { minorUnits } from "../../../src/domain/money.ts";
import { type LastTransaction, paymentId } from "../../../src/domain/payment.ts";
import { acquirerId, terminalId } from "../../../src/domain/terminal.ts";
import { transactionId } from "../../../src/domain/transaction.ts";
import { aTransaction } from "../../support/ledger-in-memory.ts";
import { anApplication, outcomeOf, PaymentRig } from "../../support/payment-rig.ts";
import { ScriptedTerminal, type Script } from "../../support/scripted-terminals.ts";
import { waitUntil } from "../../support/wait-until.ts";

const BOSS = { name: "boss", role: "supervisor" } as const;

/** A sale that was seen to its end, so that the terminal's numbers are known; then one that was not. */
async function doubted(rig: PaymentRig, script: Script): Promise<Awaited<ReturnType<PaymentRig["open"]>>> {
  const life = await rig.open();
  await outcomeOf(life.desk.pay(anApplication({ orderId: "before", amount: 99 })));
  rig.terminal.isReachable = true;
  rig.terminal.isBusy = true;
  rig.terminal.script.push(script);
  expect(await outcomeOf(life.desk.pay(anApplication({ key: "k" })))).toBe("inDoubt");
  return life;
}

describe("a terminal that can be asked again", () => {
  it("ends the doubt when its newest transaction is the order: charged", async () => {
    const rig = new PaymentRig();
    const { desk, stop } = await doubted(rig, "lostAfter");
    expect(rig.payments().at(-1)?.after).toEqual({ receiptNumber: "0041", stan: "000041" });
    rig.terminal.isBusy = false;
    await waitUntil("it is resolved", () => desk.inDoubt()?.length === 0);
    const end = rig.payments().at(-1);
    expect(end).toMatchObject({
      outcome: "approved",
      receiptNumber: "0042",
      rrn: "rrn42",
      resolution: { by: "evidence", who: "lastTransaction" },
    });
    expect(end?.reason).toBeUndefined();
    expect(rig.events().at(-1)).toBe("resolved approved");
    expect(await outcomeOf(desk.pay(anApplication({ key: "k" })))).toBe("approved");
    expect(rig.terminal.charges).toHaveLength(2);
    await stop();
  });

  it("ends the doubt when nothing came after what was known before: not charged, and the order may be paid", async () => {
    const rig = new PaymentRig();
    const { desk, stop } = await doubted(rig, "lostBefore");
    rig.terminal.isBusy = false;
    await waitUntil("it is resolved", () => desk.inDoubt()?.length === 0);
    expect(rig.payments().at(-1)).toMatchObject({ outcome: "failed", resolution: { by: "evidence" } });
    expect(rig.payments().at(-1)?.receiptNumber, "the other transaction's number is not the order's").toBeUndefined();
    expect(await outcomeOf(desk.pay(anApplication()))).toBe("approved");
    await stop();
  });

  it("is not believed while it is busy: that could be the very order", async () => {
    const rig = new PaymentRig();
    const { desk, stop } = await doubted(rig, "lostBefore");
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(desk.inDoubt()).toHaveLength(1);
    expect(rig.terminal.asked, "only before its first order").toBe(1);
    await stop();
  });

  it("gets no other order before it was asked, and then it does, also where it could prove nothing", async () => {
    const rig = new PaymentRig();
    const { desk, stop } = await doubted(rig, "lostBefore");
    const other = { orderId: "O-2", amount: 5, terminal: terminalId("t-1") };
    expect(await outcomeOf(desk.pay(anApplication(other)))).toMatch(/terminalInDoubt|terminalBusy/);
    rig.terminal.sellByHand(minorUnits(777));
    rig.terminal.isBusy = false;
    await waitUntil("it was asked", () => desk.inDoubt()?.[0]?.lastCheck !== undefined);
    expect(desk.inDoubt()?.[0]?.lastCheck?.why).toContain("another one");
    await waitUntil("it is free", async () => (await outcomeOf(desk.pay(anApplication(other)))) === "approved");
    expect(await outcomeOf(desk.pay(anApplication()))).toBe("orderInDoubt");
    await stop();
  });

  it("is asked next about what is in doubt, and about nothing that has ended there", async () => {
    const rig = new PaymentRig();
    const { desk, stop } = await doubted(rig, "lostBefore");
    rig.terminal.sellByHand(minorUnits(777));
    rig.terminal.isBusy = false;
    const doubt = await waitUntil("its next check is planned", () =>
      desk.inDoubt()?.find(({ nextCheckAt, lastCheck }) => nextCheckAt !== undefined && lastCheck !== undefined),
    );
    const ended = aTransaction({ ...doubt.transaction, id: transactionId("e-1"), outcome: "declined" });
    expect(desk.doubtView(ended).nextCheckAt).toBeUndefined();
    await stop();
  });

  it("does not take another till's sale of the same amount for the order: its end is known", async () => {
    const rig = new PaymentRig();
    const life = await rig.open({ asking: { quietMs: 0, notNowMs: 5, againMs: [400] } });
    const { desk, stop } = life;
    await outcomeOf(desk.pay(anApplication({ orderId: "before", amount: 99 })));
    rig.terminal.isBusy = true;
    rig.terminal.script.push("lostBefore");
    expect(await outcomeOf(desk.pay(anApplication()))).toBe("inDoubt");
    // Somebody sells by hand, so that asking proves nothing, and the terminal is free for others again.
    rig.terminal.sellByHand(minorUnits(777));
    rig.terminal.isBusy = false;
    await waitUntil("it was asked", () => desk.inDoubt()?.[0]?.lastCheck !== undefined);
    const asked = rig.terminal.asked;
    expect(await outcomeOf(desk.pay(anApplication({ till: "till-b", orderId: "B" })))).toBe("approved");
    await waitUntil("it was asked again", () => rig.terminal.asked > asked);
    await waitUntil("that was judged", () => desk.inDoubt()?.[0]?.nextCheckAt === undefined);
    expect(desk.inDoubt()).toHaveLength(1);
    expect(desk.inDoubt()?.[0]?.lastCheck?.why).toContain("known");
    await stop();
  });

  it("is not held for that when the shop wants so", async () => {
    const rig = new PaymentRig();
    const { desk, stop } = await rig.open({
      holdTerminals: false,
      asking: { quietMs: 60_000, notNowMs: 60_000, againMs: [] },
    });
    rig.terminal.script.push("lostBefore");
    await outcomeOf(desk.pay(anApplication()));
    expect(await outcomeOf(desk.pay(anApplication({ orderId: "O-2", amount: 5 })))).toBe("approved");
    await stop();
  });

  it("proves nothing about two orders that are alike", async () => {
    const rig = new PaymentRig();
    const { desk, stop } = await rig.open({ holdTerminals: false, rules: { sameAmountWithinMs: 0, paidWithinMs: 0 } });
    await outcomeOf(desk.pay(anApplication({ orderId: "before", amount: 99 })));
    rig.terminal.isBusy = true;
    rig.terminal.script.push("lostBefore", "lostAfter");
    await outcomeOf(desk.pay(anApplication({ orderId: "O-1" })));
    await waitUntil("the terminal is free", () => !rig.terminal.isHeld);
    await waitUntil("the second got to it", async () =>
      ["inDoubt", "orderInDoubt"].includes(await outcomeOf(desk.pay(anApplication({ orderId: "O-2" })))),
    );
    rig.terminal.isBusy = false;
    await waitUntil("it was asked", () => desk.inDoubt()?.every(({ lastCheck }) => lastCheck !== undefined));
    expect(desk.inDoubt()).toHaveLength(2);
    await stop();
  });

  it("is not set back by a person's word on what it did before: the next order is held against its newest number", async () => {
    const rig = new PaymentRig();
    const { desk, stop } = await doubted(rig, "partThenLost");
    rig.terminal.isBusy = false;
    await waitUntil("it was asked", () => desk.inDoubt()?.[0]?.lastCheck !== undefined);
    const sold = (orderId: string): ReturnType<typeof outcomeOf> =>
      outcomeOf(desk.pay(anApplication({ orderId, amount: 500 })));
    await waitUntil("it sells again", async () => (await sold("O-2")) === "approved");
    const [doubt] = desk.inDoubt() ?? [];
    if (doubt === undefined) throw new Error("no doubt");
    await desk.resolve(doubt.transaction.id, "approved", "seen on the slip", BOSS);
    rig.terminal.script.push("lostBefore");
    expect(await sold("O-3")).toBe("inDoubt");
    await waitUntil("it is resolved", () => desk.inDoubt()?.length === 0);
    expect(rig.payments().at(-1)).toMatchObject({ outcome: "failed", resolution: { by: "evidence" } });
    expect(rig.terminal.charges).toHaveLength(3);
    await stop();
  });

  it("is asked after a crash too, and the crash is the reason of the doubt", async () => {
    const rig = new PaymentRig();
    const first = await rig.open();
    await outcomeOf(first.desk.pay(anApplication({ orderId: "before", amount: 99 })));
    rig.terminal.script.push("hang");
    await first.desk.pay(anApplication({ key: "k" }));
    await waitUntil("it waits for a card", () => rig.terminal.hanging === 1);
    first.crash();
    const second = await rig.open();
    expect(rig.payments().at(-1)).toMatchObject({ outcome: "inDoubt", reason: "daemonRestarted" });
    expect(rig.events().at(-1)).toBe("unanswered inDoubt");
    rig.terminal.letGo();
    await waitUntil("it is resolved", () => second.desk.inDoubt()?.length === 0);
    expect(await outcomeOf(second.desk.pay(anApplication({ key: "k" })))).toBe("approved");
    expect(rig.terminal.charges).toHaveLength(2);
    await second.stop();
  });

  it("whose answer cannot be recorded leaves the doubt, and is asked again", async () => {
    const rig = new PaymentRig();
    const { desk, ledger, stop } = await doubted(rig, "lostAfter");
    ledger.isFull = true;
    rig.terminal.isBusy = false;
    await waitUntil("it was asked twice", () => rig.terminal.asked >= 2);
    expect(desk.inDoubt()).toHaveLength(1);
    ledger.makeRoom();
    await waitUntil("it is resolved", () => desk.inDoubt()?.length === 0);
    expect(rig.events().filter((event) => event.startsWith("resolved"))).toEqual(["resolved approved"]);
    await stop();
  });
});

/** In doubt, and the terminal cannot be asked. */
async function unasked(rig: PaymentRig, script: Script): Promise<Awaited<ReturnType<PaymentRig["open"]>>> {
  const life = await rig.open();
  await outcomeOf(life.desk.pay(anApplication({ orderId: "before", amount: 99 })));
  rig.terminal.isBusy = true;
  rig.terminal.script.push(script);
  expect(await outcomeOf(life.desk.pay(anApplication({ key: "k" })))).toBe("inDoubt");
  return life;
}

function late(receipt: string, amount: number, outcome: LastTransaction["outcome"] = "approved"): LastTransaction {
  return { outcome, kind: "sale", transaction: { receiptNumber: receipt, amount: minorUnits(amount) } };
}

describe("an answer that comes when nobody waits for it any more", () => {
  it("ends the doubt at once when it is the order's, approved or declined", async () => {
    for (const outcome of ["approved", "declined"] as const) {
      const rig = new PaymentRig();
      const { desk, stop } = await unasked(rig, "lostAfter");
      desk.told(terminalId("t-1"), late("0042", 1_250, outcome));
      await waitUntil("it is resolved", () => desk.inDoubt()?.length === 0);
      expect(rig.payments().at(-1)).toMatchObject({
        outcome,
        receiptNumber: "0042",
        resolution: { by: "evidence", who: "lateAnswer" },
      });
      expect(rig.terminal.charges).toHaveLength(2);
      await stop();
    }
  });

  it("may come before the order has ended in doubt, and is kept until then", async () => {
    const rig = new PaymentRig();
    const { desk, stop } = await rig.open();
    await outcomeOf(desk.pay(anApplication({ orderId: "before", amount: 99 })));
    rig.terminal.isBusy = true;
    rig.terminal.lateAnswer = (answer) => desk.told(terminalId("t-1"), answer);
    rig.terminal.script.push("tellsEarly");
    expect(await outcomeOf(desk.pay(anApplication()))).toBe("inDoubt");
    await waitUntil("it is resolved", () => desk.inDoubt()?.length === 0);
    expect(rig.payments().at(-1)).toMatchObject({ outcome: "approved", resolution: { who: "lateAnswer" } });
    expect(rig.terminal.charges).toHaveLength(2);
    await stop();
  });

  it("is not taken for an earlier order that is like the one that runs", async () => {
    const rig = new PaymentRig();
    const { desk, stop } = await rig.open({ holdTerminals: false, rules: { sameAmountWithinMs: 0, paidWithinMs: 0 } });
    await outcomeOf(desk.pay(anApplication({ orderId: "before", amount: 99 })));
    rig.terminal.isBusy = true;
    rig.terminal.lateAnswer = (answer) => desk.told(terminalId("t-1"), answer);
    rig.terminal.script.push("lostBefore", "tellsEarly");
    expect(await outcomeOf(desk.pay(anApplication({ orderId: "O-1" })))).toBe("inDoubt");
    await waitUntil("the second got to it", async () =>
      ["inDoubt", "orderInDoubt"].includes(await outcomeOf(desk.pay(anApplication({ orderId: "O-2" })))),
    );
    await waitUntil("it was judged", () => desk.inDoubt()?.every(({ lastCheck }) => lastCheck !== undefined));
    expect(desk.inDoubt()).toHaveLength(2);
    await stop();
  });

  it.each([
    ["another amount", late("0042", 1_251)],
    ["what was before the order", late("0041", 99)],
    ["a number from long ago", late("0007", 1_250)],
    ["no number", { outcome: "approved", kind: "sale", transaction: { amount: minorUnits(1_250) } } as const],
  ])("proves nothing with %s", async (_, answer) => {
    const rig = new PaymentRig();
    const { desk, stop } = await unasked(rig, "lostBefore");
    desk.told(terminalId("t-1"), answer);
    await waitUntil("it was judged", () => desk.inDoubt()?.[0]?.lastCheck !== undefined);
    expect(desk.inDoubt()).toHaveLength(1);
    expect(rig.events().filter((event) => event.startsWith("resolved"))).toEqual([]);
    await stop();
  });

  it("is nothing to a terminal without a doubt, nor before the desk is open or after it closed", async () => {
    const rig = new PaymentRig();
    const { desk, stop } = await rig.open();
    const before = rig.events().length;
    desk.told(terminalId("t-1"), late("0042", 1_250));
    desk.told(terminalId("t-9"), late("0042", 1_250));
    await stop();
    desk.told(terminalId("t-1"), late("0042", 1_250));
    expect(rig.events()).toHaveLength(before);
  });

  it("leaves the doubt when it cannot be recorded, and the terminal is asked as before", async () => {
    const rig = new PaymentRig();
    const { desk, ledger, stop } = await unasked(rig, "lostAfter");
    ledger.isFull = true;
    desk.told(terminalId("t-1"), late("0042", 1_250));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(desk.inDoubt()).toHaveLength(1);
    ledger.makeRoom();
    rig.terminal.isBusy = false;
    await waitUntil("it is resolved", () => desk.inDoubt()?.length === 0);
    expect(rig.events().filter((event) => event.startsWith("resolved"))).toEqual(["resolved approved"]);
    await stop();
  });
});

describe("a person", () => {
  it("ends a doubt when he may, with a reason, and once", async () => {
    const rig = new PaymentRig();
    const { desk, stop } = await doubted(rig, "lostBefore");
    const id = transactionId(rig.payments().at(-1)?.id ?? "");
    expect(await desk.resolve(id, "failed", "no slip", { name: "till-a", role: "till" })).toEqual({
      refused: "notPermitted",
    });
    expect(await desk.resolve(transactionId("other"), "failed", "no slip", BOSS)).toEqual({ refused: "notInDoubt" });
    const both = await Promise.all([
      desk.resolve(id, "failed", "no slip", BOSS),
      desk.resolve(id, "approved", "slip", BOSS),
    ]);
    expect(both).toMatchObject([{ outcome: "failed" }, { refused: "notRecorded" }]);
    expect(rig.payments().at(-1)?.resolution).toMatchObject({ by: "person", who: "boss", why: "no slip" });
    expect(await desk.resolve(id, "failed", "again", BOSS)).toEqual({ refused: "notInDoubt" });
    expect(await outcomeOf(desk.pay(anApplication()))).toMatch(/approved|noTerminalFree/);
    await stop();
  });

  it("is told when his word is not on disk, and the doubt stays", async () => {
    const rig = new PaymentRig();
    const { desk, ledger, stop } = await doubted(rig, "lostBefore");
    const id = transactionId(rig.payments().at(-1)?.id ?? "");
    ledger.isFull = true;
    expect(await desk.resolve(id, "failed", "no slip", BOSS)).toEqual({ refused: "notRecorded" });
    expect(desk.inDoubt()).toHaveLength(1);
    ledger.makeRoom();
    await stop();
  });

  it("sees the doubts of relayed terminals as well, and may end them", async () => {
    const rig = new PaymentRig();
    const relayed = aTransaction({ id: transactionId("r-1"), outcome: "inDoubt", acquirer: acquirerId("union") });
    rig.store.add({ kind: "transaction", body: { event: "unanswered", transaction: relayed } });
    const underWay = { ...relayed, id: transactionId("r-2") };
    rig.store.add({ kind: "transaction", body: { event: "requested", transaction: underWay } });
    const { desk, stop } = await rig.open({}, { doubts: () => rig.store.doubts() });
    expect(desk.inDoubt()?.map(({ transaction }) => transaction.id)).toEqual(["r-1"]);
    expect(await desk.resolve(relayed.id, "reversed", "the host says so", BOSS)).toMatchObject({ outcome: "reversed" });
    expect(desk.inDoubt()).toEqual([]);
    await stop();
  });

  it("takes one word on a relayed doubt, also before the ledger's readers have come to it", async () => {
    const rig = new PaymentRig();
    const relayed = aTransaction({ id: transactionId("r-1"), outcome: "inDoubt", acquirer: acquirerId("union") });
    rig.store.add({ kind: "transaction", body: { event: "unanswered", transaction: relayed } });
    // Without another source the rig's desk reads the ledger at its start alone.
    const { desk, stop } = await rig.open();
    expect(await desk.resolve(relayed.id, "reversed", "the host says so", BOSS)).toMatchObject({ outcome: "reversed" });
    expect(await desk.resolve(relayed.id, "approved", "the slip", BOSS)).toEqual({ refused: "notInDoubt" });
    expect(desk.inDoubt()).toEqual([]);
    await stop();
  });
});

it("a terminal that is gone for good keeps nobody from stopping", async () => {
  const rig = new PaymentRig(new ScriptedTerminal("t-2"));
  const { desk, stop } = await doubted(rig, "lostAfter");
  rig.terminal.isReachable = false;
  rig.terminal.isBusy = false;
  expect(await outcomeOf(desk.pay(anApplication({ orderId: "O-2", amount: 5 })))).toBe("approved");
  await stop();
});

it("the first order at a terminal can be proven too: the terminal is asked before it what it counts by", async () => {
  const rig = new PaymentRig();
  rig.terminal.sellByHand(minorUnits(1_250));
  const { desk, stop } = await rig.open();
  rig.terminal.script.push("lostBefore");
  expect(await outcomeOf(desk.pay(anApplication()))).toBe("inDoubt");
  expect(rig.payments()[0]?.after).toEqual({ receiptNumber: "0041", stan: "000041" });
  await waitUntil("it is resolved", () => desk.inDoubt()?.length === 0);
  expect(rig.payments()[0]?.outcome, "the sale by hand, of the same amount, is not taken for it").toBe("failed");
  await stop();
});

it("a doubt whose record headquarters has and this ledger freed is still the answer for its key", async () => {
  const rig = new PaymentRig();
  const { desk, ledger, stop } = await doubted(rig, "lostBefore");
  const { id } = rig.payments().at(-1) ?? {};
  ledger.isFreed = true;
  expect(await outcomeOf(desk.pay(anApplication({ key: "k" })))).toBe("inDoubt");
  expect(await desk.find(paymentId(id ?? ""))).toMatchObject({ id, outcome: "inDoubt" });
  const spent = await desk.pay(anApplication({ key: "k", amount: 1 }));
  expect(spent).toMatchObject({ refusal: { refused: "keySpent", field: "Idempotency-Key" } });
  expect(rig.terminal.orders).toHaveLength(2);
  await stop();
});
