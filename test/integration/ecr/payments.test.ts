import { describe, expect, it } from "vitest";
import { DeviceError, type DeviceSession } from "../../../src/domain/device.ts";
import { currency } from "../../../src/domain/money.ts";
import type { Misbehaviour } from "../../../src/sim/ecr/plan.ts";
import { ECR_LINES, EcrRig } from "../../support/ecr-rig.ts";
import { waitUntil } from "../../support/wait-until.ts";

const PROFILES = ["transbank", "ecr17"] as const;
const eur = currency("EUR");
const clp = currency("CLP");
const never = new AbortController().signal;
const cases = PROFILES.flatMap((profile) => ECR_LINES.map((line) => ({ profile, line })));

async function failure(going: Promise<unknown>): Promise<DeviceError> {
  const error: unknown = await going.then(
    () => new Error("it went well"),
    (reason: unknown) => reason,
  );
  if (error instanceof DeviceError) return error;
  throw error;
}

describe.each(cases)("a $profile terminal on $line", ({ profile, line }) => {
  const start = async (): Promise<EcrRig> => EcrRig.start({ profile, line });

  it("sells, and the till sees each step", async () => {
    await using rig = await start();
    await using session = await rig.open();
    const { outcome, transaction, steps } = await rig.sell(session, 1234);
    expect(outcome).toBe("approved");
    expect(transaction.card).toMatchObject({ last4: profile === "ecr17" ? "9999" : "6677", hiddenByTerminal: true });
    expect(transaction.authCode).toBe("600001");
    expect(steps[0]).toEqual({ step: "sent" });
    expect(steps.length).toBeGreaterThan(2);
    expect(rig.charged).toEqual([1234]);
  });

  it("tells a declined and a cancelled sale as certain: nothing was charged", async () => {
    await using rig = await start();
    await using session = await rig.open();
    rig.terminal.next({ customer: "isDeclined" });
    rig.terminal.next({ customer: "cancels" });
    expect((await rig.sell(session, 500)).outcome).toBe("declined");
    expect(["declined", "failed"]).toContain((await rig.sell(session, 500)).outcome);
    expect(rig.charged).toEqual([]);
  });

  it("remembers its last transaction, undoes it and settles", async () => {
    await using rig = await start();
    await using session = await rig.open();
    await rig.sell(session, 100);
    await rig.sell(session, 250);
    const last = await session.lastTransaction(never);
    expect(last).toMatchObject({ outcome: "approved" });
    const original = profile === "ecr17" ? { stan: last?.transaction.stan ?? "" } : { receiptNumber: "2" };
    const undone = await rig.sell(session, 250, { kind: "reversal", original });
    expect(undone.outcome).toBe("approved");
    expect(rig.terminal.books.open.map(({ amount }) => amount)).toEqual([100]);
    expect(await session.settle(never)).toMatchObject({ outcome: "settled", totals: [{ amount: 100 }] });
    expect(rig.terminal.books.open).toEqual([]);
  });
});

function orders(rig: EcrRig): number {
  return rig.terminal.commands.filter((text) => /^(0200|\d{9}P)/.test(text)).length;
}

describe.each(PROFILES)("an order to a %s terminal", (profile) => {
  const misbehaving = async (
    misbehaviour: Misbehaviour,
    check: (rig: EcrRig, session: DeviceSession) => Promise<void>,
  ): Promise<void> => {
    await using rig = await EcrRig.start({ profile });
    await using session = await rig.open();
    rig.terminal.next({ misbehaviour });
    await check(rig, session);
  };

  it("that is refused by NAK is sent again, and charged once", async () => {
    await misbehaving({ do: "nak", times: 2 }, async (rig, session) => {
      expect((await rig.sell(session, 300)).outcome).toBe("approved");
      expect(orders(rig)).toBe(3);
      expect(rig.charged).toEqual([300]);
    });
  });

  it("is not sent a third time when one NAK comes twice", async () => {
    await misbehaving({ do: "nakTwice" }, async (rig, session) => {
      expect((await rig.sell(session, 300)).outcome).toBe("approved");
      expect(orders(rig)).toBe(2);
      expect(rig.charged).toEqual([300]);
    });
  });

  it("that is refused every time has certainly failed", async () => {
    await misbehaving({ do: "nak", times: 9 }, async (rig, session) => {
      expect(await rig.sell(session, 300)).toMatchObject({ outcome: "failed", reason: "notAccepted" });
      expect(rig.charged).toEqual([]);
    });
  });

  it("without an ACK is in doubt and not sent again; its result is news", async () => {
    await misbehaving({ do: "noAck" }, async (rig, session) => {
      expect(await rig.sell(session, 300)).toMatchObject({ outcome: "inDoubt", reason: "noAnswer" });
      await waitUntil("the result is known", () => rig.news.some((news) => news.type === "lateAnswer"));
      expect(orders(rig)).toBe(1);
      expect(rig.charged).toEqual([300]);
      expect(rig.counter("lateAnswers")).toBeGreaterThan(0);
      expect(await session.lastTransaction(never)).toMatchObject({ outcome: "approved" });
    });
  });

  it("that nobody heard is in doubt too, and the next one goes out only when the terminal follows again", async () => {
    await misbehaving({ do: "deaf" }, async (rig, session) => {
      expect((await rig.sell(session, 300)).outcome).toBe("inDoubt");
      expect((await rig.sell(session, 400)).outcome).toBe("approved");
      expect(rig.charged).toEqual([400]);
      expect(rig.terminal.commands.slice(-2)[0]).toMatch(/^(0100|\d{9}s)$/);
    });
  });

  it("that is never answered is in doubt, and counted", async () => {
    await misbehaving({ do: "noAnswer" }, async (rig, session) => {
      expect(await rig.sell(session, 300)).toMatchObject({ outcome: "inDoubt", reason: "noAnswer" });
      expect(rig.counter("doubts")).toBe(1);
      expect(orders(rig)).toBe(1);
    });
  });

  it("that is answered too late keeps its doubt; the answer is not taken for that of the next", async () => {
    await misbehaving({ do: "late", ms: 3500 }, async (rig, session) => {
      expect((await rig.sell(session, 300)).outcome).toBe("inDoubt");
      await waitUntil("the result is known", () => rig.news.some((news) => news.type === "lateAnswer"));
      const next = await rig.sell(session, 400);
      expect(next.outcome).toBe("approved");
      expect(next.transaction.stan ?? next.transaction.receiptNumber).toMatch(/2$/);
      expect(rig.charged).toEqual([300, 400]);
    });
  });

  it("is answered well by the repetition of an answer that came damaged", async () => {
    await misbehaving({ do: "wrongLrc", times: 1 }, async (rig, session) => {
      expect((await rig.sell(session, 300)).outcome).toBe("approved");
      expect(rig.counter("naksSent")).toBe(1);
      expect(rig.charged).toEqual([300]);
    });
  });

  it("that is answered twice is one payment, and the next one gets its own answer", async () => {
    await misbehaving({ do: "answerTwice" }, async (rig, session) => {
      const first = await rig.sell(session, 300);
      const second = await rig.sell(session, 400);
      expect([first.outcome, second.outcome]).toEqual(["approved", "approved"]);
      expect(first.transaction.authCode).not.toBe(second.transaction.authCode);
      expect(rig.counter("repeatedAnswers")).toBe(1);
      expect(rig.charged).toEqual([300, 400]);
    });
  });

  it("does not take the answer to another order, nor its own last one come again, for its answer", async () => {
    await using rig = await EcrRig.start({ profile });
    await using session = await rig.open();
    await rig.sell(session, 300);
    rig.terminal.next({ misbehaviour: { do: "waits" } });
    const selling = rig.sell(session, 400);
    await waitUntil("the order is out", () => orders(rig) === 2);
    const { lastResult, lastSale } = rig.terminal.books;
    rig.terminal.say(lastResult ?? (lastSale ?? "").replace("0260", "0210"));
    await waitUntil("it is told", () => rig.counter("repeatedAnswers") === 1);
    if (profile === "transbank") {
      rig.terminal.say("0210|00|597029414300|TG000001|999999|600009|400|0||6677|9|CR|||VI|26112026|101112||0|");
      await waitUntil("the other is told", () => rig.counter("lateAnswers") === 1);
    }
    expect(await selling).toMatchObject({ outcome: "inDoubt", reason: "noAnswer" });
    expect(rig.charged).toEqual([300]);
  });

  it.each(["dieMidFrame", "dieAfterAck"] as const)("is in doubt when the line ends: %s", async (how) => {
    await misbehaving({ do: how }, async (rig, session) => {
      expect(await rig.sell(session, 300)).toMatchObject({ outcome: "inDoubt", reason: "linkLost" });
      expect((await session.ended).code).toBe("linkLost");
      expect(await rig.sell(session, 400)).toMatchObject({ outcome: "failed", notSent: true, reason: "linkLost" });
      await using again = await waitUntil("it is there again", async () => rig.open());
      expect(await again.lastTransaction(never)).toMatchObject({ outcome: "approved" });
    });
  });

  it("to a terminal that never stops talking ends all the same", async () => {
    await misbehaving({ do: "neverStop" }, async (rig, session) => {
      expect((await rig.sell(session, 300)).outcome).toBe("inDoubt");
    });
  });

  it("survives noise before the ACK, which is news", async () => {
    await misbehaving({ do: "garbage", bytes: 200 }, async (rig, session) => {
      expect((await rig.sell(session, 300)).outcome).toBe("approved");
      expect(rig.counter("garbageBytes")).toBe(200);
      expect(rig.news).toContainEqual({ type: "lineFault", fault: "garbage" });
    });
  });

  it("does not go out in another currency, without an amount, or when it was called off", async () => {
    await using rig = await EcrRig.start({ profile });
    await using session = await rig.open();
    const sold = async (order: Parameters<typeof session.pay>[0], cancel = never): Promise<string | undefined> => {
      const { notSent, reason } = await session.pay(order, () => undefined, cancel);
      return notSent === true ? reason : "sent";
    };
    const order = rig.order(100);
    const other = await sold({ ...order, currency: rig.order(1).currency === "EUR" ? clp : eur });
    const { amount: _, ...nothing } = order;
    expect(other).toBe("currencyNotSupported");
    expect(await sold(nothing)).toBe("amountMissing");
    expect(await sold({ ...order, kind: "refund" })).toBe("notSupported");
    expect(await sold({ ...order, kind: "reversal" })).toBe("originalMissing");
    expect(await sold(order, AbortSignal.abort(new Error("off")))).toBe("cancelled");
    expect(orders(rig)).toBe(0);
  });

  it("is in doubt when tillgate stops in the middle of it", async () => {
    await using rig = await EcrRig.start({ profile });
    const session = await rig.open();
    rig.terminal.next({ misbehaviour: { do: "noAnswer" } });
    const selling = rig.sell(session, 300);
    await waitUntil("the order is out", () => orders(rig) === 1);
    await session[Symbol.asyncDispose]();
    expect(await selling).toMatchObject({ outcome: "inDoubt", reason: "stopped" });
    expect((await session.ended).code).toBe("closed");
  });
});

it("a refusal that an ECR17 terminal repeats is not the answer to the next order", async () => {
  await using rig = await EcrRig.start({ profile: "ecr17" });
  await using session = await rig.open();
  rig.terminal.next({ misbehaviour: { do: "noAnswer" } });
  rig.terminal.next({ misbehaviour: { do: "noAnswer" } });
  const refusal = `123456780E01${"CARTA RIFIUTATA".padEnd(24)}${"0".repeat(11)}1${"8".repeat(11)}000123000123`;
  const first = rig.sell(session, 300);
  await waitUntil("the order is out", () => orders(rig) === 1);
  rig.terminal.say(refusal);
  expect((await first).outcome).toBe("declined");
  await waitUntil("it is idle", () => rig.charged.length === 1);
  const steps: string[] = [];
  const second = session.pay(rig.order(400), ({ step }) => steps.push(step), never);
  await waitUntil("the next is taken", () => steps.includes("pleaseWait"));
  rig.terminal.say(refusal);
  expect(await second).toMatchObject({ outcome: "inDoubt", reason: "noAnswer" });
  expect(rig.counter("repeatedAnswers")).toBe(1);
});

describe.each(PROFILES)("a %s terminal that may be asked only", (profile) => {
  it("is polled, and takes no orders", async () => {
    await using rig = await EcrRig.start({ profile, driver: { commands: "off" } });
    await using session = await rig.open();
    expect(rig.driver.abilities.payments.size).toBe(0);
    expect((await session.poll(never)).state).toBe("ready");
    expect(await rig.sell(session, 100)).toMatchObject({ outcome: "failed", notSent: true, reason: "notSupported" });
    for (const asked of [session.lastTransaction(never), session.settle(never), session.diagnose(never)]) {
      expect((await failure(asked)).code).toBe("notSupported");
    }
    expect(rig.terminal.commands.every((text) => /^(0100|\d{9}s)$/.test(text))).toBe(true);
  });

  it("that is not there or does not answer is said to be so", async () => {
    const silent = await EcrRig.start({ profile: profile === "ecr17" ? "misPos" : "poslink" });
    await silent[Symbol.asyncDispose]();
    expect((await failure(silent.open())).code).toBe("unreachable");
  });
});
