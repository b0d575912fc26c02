import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { terminalId } from "../../../src/domain/terminal.ts";
import { claimed, SupervisedShop } from "../../support/supervised-shop.ts";

let shop: SupervisedShop;

beforeEach(() => {
  shop = new SupervisedShop();
});

afterEach(async () => {
  await shop.stop();
});

const ONE = { terminal: terminalId("till-1") };

describe("supervised terminals", () => {
  it("are opened, asked now and then, and lent out at once", async () => {
    const device = shop.add("till-1");
    await shop.start();
    await shop.clock.pass(60_000);
    expect(shop.view("till-1")).toMatchObject({ state: "ready", connections: 1, serial: "SN-till-1" });
    expect(device.count("poll")).toBeGreaterThanOrEqual(5);
    using claim = claimed(shop.supervised.claims.claim(ONE, "sale"));
    expect((await shop.sell(claim)).outcome).toBe("approved");
    expect(shop.view("till-1")).toMatchObject({ state: "busy", reason: "payment" });
    expect(shop.supervised.claims.claim(ONE, "sale")).toMatchObject({ refused: "busy" });
  });

  it("are never asked two things at once: an order waits for the answer to a question, and the link stays open", async () => {
    const device = shop.add("till-1");
    await shop.start();
    device.poll = "waits";
    await shop.clock.pass(10_500);
    expect(device.atOnce).toBe(1);
    using claim = claimed(shop.supervised.claims.claim(ONE, "sale"));
    const selling = shop.sell(claim);
    await shop.clock.pass(1_000);
    expect(device.count("pay")).toBe(0);
    device.letGo();
    expect((await selling).outcome).toBe("approved");
    await shop.clock.pass(60_000);
    expect([device.mostAtOnce, device.count("open")]).toEqual([1, 1]);
    expect(shop.supervised.counters().get(device.terminal)?.["pollsMissed"]).toBe(0);
  });

  it("sell on while one driver hangs, one throws and one cannot even be made", async () => {
    const good = shop.add("till-1");
    const hanging = shop.add("till-2");
    hanging.open = "hangs";
    const throwing = shop.add("till-3");
    throwing.poll = "throws";
    const unmakable = shop.add("till-4");
    unmakable.make = "throws";
    const deaf = shop.add("till-5");
    deaf.poll = "hangs";
    deaf.close = "hangs";
    await shop.start();
    for (let minute = 0; minute < 60; minute += 1) {
      await shop.clock.pass(60_000);
      using claim = claimed(shop.supervised.claims.claim(ONE, "sale"));
      expect((await shop.sell(claim)).outcome).toBe("approved");
    }
    expect(good.made).toBe(1);
    expect(shop.view("till-1").state).toBe("ready");
    const counters = shop.supervised.counters();
    expect(counters.get(terminalId("till-2"))).toMatchObject({ crashes: 0 });
    expect(counters.get(terminalId("till-2"))?.["hung"]).toBeGreaterThan(10);
    expect(counters.get(terminalId("till-3"))?.["crashes"]).toBeGreaterThan(10);
    expect(counters.get(terminalId("till-4"))?.["crashes"]).toBeGreaterThan(10);
    expect(counters.get(terminalId("till-5"))?.["hung"]).toBeGreaterThan(10);
    for (const name of ["till-2", "till-3", "till-4", "till-5"]) {
      expect(["offline", "unknown", "connecting"], name).toContain(shop.view(name).state);
      const restarts = counters.get(terminalId(name))?.["restarts"] ?? 0;
      // An hour with delays up to 30 s: growing, and never a tight loop.
      expect(restarts, name).toBeLessThan(300);
      expect(shop.records.filter(({ terminal }) => terminal === name).length, name).toBeLessThan(40);
    }
  });

  it("are mended by themselves when the driver works again", async () => {
    const device = shop.add("till-1");
    device.open = "throws";
    await shop.start();
    await shop.clock.pass(600_000);
    expect(shop.view("till-1")).toMatchObject({ state: "offline", reason: "crashed" });
    expect(shop.view("till-1").advice?.zh).toContain("驱动");
    expect(shop.view("till-1").found).toBe("a bug in the driver");
    device.open = "works";
    await shop.clock.pass(60_000);
    expect(shop.view("till-1").state).toBe("ready");
    expect(shop.view("till-1").found).toBeUndefined();
    expect(device.made).toBeGreaterThan(3);
  });

  it("give an answer that is certain or says that it is not, whatever the driver does", async () => {
    const device = shop.add("till-1");
    await shop.start();
    device.pay = async () => Promise.reject(new TypeError("a bug in the driver"));
    {
      using claim = claimed(shop.supervised.claims.claim(ONE, "sale"));
      expect(await shop.sell(claim)).toMatchObject({ outcome: "inDoubt", reason: "driverFailed" });
    }
    await shop.clock.pass(60_000);
    expect(device.made).toBe(2);
    const over = claimed(shop.supervised.claims.claim(ONE, "sale"));
    over[Symbol.dispose]();
    expect(await shop.sell(over)).toMatchObject({ outcome: "failed", notSent: true });
    expect(device.count("pay")).toBe(1);
  });

  it.each(["hangs", "takesLong"] as const)(
    "do not let an order wait long behind a question that %s, and send nothing then",
    async (behaviour) => {
      const device = shop.add("till-1");
      await shop.start();
      device.poll = behaviour;
      await shop.clock.pass(10_500);
      const claim = claimed(shop.supervised.claims.claim(ONE, "sale"));
      const selling = shop.sell(claim);
      await shop.clock.pass(15_000);
      expect(await selling).toMatchObject({ outcome: "failed", notSent: true, reason: "noAnswer" });
      claim[Symbol.dispose]();
      device.poll = "works";
      await shop.clock.pass(60_000);
      expect(shop.view("till-1").state).toBe("ready");
      expect(device.count("pay")).toBe(0);
    },
  );

  it("are taken back from whoever does not give them back, who can do nothing with them any more", async () => {
    const device = shop.add("till-1");
    await shop.start();
    const kept = claimed(shop.supervised.claims.claim(ONE, "sale"));
    await shop.clock.pass(1_000_000);
    expect(shop.supervised.counters().get(device.terminal)?.["claimsOverdue"]).toBe(1);
    expect([device.made, shop.view("till-1").state]).toEqual([2, "ready"]);
    using next = claimed(shop.supervised.claims.claim(ONE, "sale"));
    expect(await shop.sell(kept)).toMatchObject({ outcome: "failed", notSent: true });
    kept[Symbol.dispose]();
    expect(shop.view("till-1").state).toBe("busy");
    expect((await shop.sell(next)).outcome).toBe("approved");
  });

  it("do not fill the ledger with what a device says without end", async () => {
    const device = shop.add("till-1");
    await shop.start();
    for (let n = 0; n < 10_000; n += 1) {
      device.news?.({ type: "swiped", tracks: ["read", "error", "empty"], encrypted: true });
      device.news?.({ type: "condition", condition: { state: n % 2 === 0 ? "ready" : "attention", code: String(n) } });
      device.news?.({ type: "lineFault", fault: "garbage" });
    }
    await shop.clock.pass(0);
    expect(shop.records.length).toBeLessThan(80);
    const counters = shop.supervised.counters().get(device.terminal);
    expect(counters).toMatchObject({ lineFaults: 10_000, swipes: 10_000 });
    expect(counters?.["newsDropped"]).toBeGreaterThan(19_000);
  });

  it("pass on what a device tells of an order that was given up", async () => {
    const device = shop.add("till-1");
    await shop.start();
    device.news?.({ type: "lateAnswer", answer: { outcome: "approved", transaction: { stan: "000017" } } });
    expect(shop.lateAnswers).toEqual([["till-1", { outcome: "approved", transaction: { stan: "000017" } }]]);
  });

  it("open nothing before the ledger has told who is paused; when it never does, a person has to look", async () => {
    const device = shop.add("till-1");
    shop.isRead = false;
    await shop.start();
    await shop.clock.pass(30_000);
    expect(device.count("open")).toBe(0);
    expect(shop.supervised.claims.claim(ONE, "sale")).toMatchObject({ refused: "offline" });
    await shop.clock.pass(60_000);
    expect(shop.view("till-1")).toMatchObject({ state: "paused", pause: { who: "tillgate" } });
  });
});

describe("standby", () => {
  it("takes over when the terminal cannot be had, and gives back when that one is stable again", async () => {
    const primary = shop.add("till-1", { group: "front" });
    shop.add("spare", { standbyFor: terminalId("till-1") });
    await shop.start();
    await shop.clock.pass(1_000);
    const taker = (): string => {
      using claim = claimed(shop.supervised.claims.claim(ONE, "sale"));
      return claim.terminal;
    };
    expect(taker()).toBe("till-1");
    primary.open = "unreachable";
    primary.loseLink();
    await shop.clock.pass(1_000);
    expect(taker()).toBe("spare");
    primary.open = "works";
    await shop.clock.pass(40_000);
    expect(shop.view("till-1").state).toBe("ready");
    expect(taker()).toBe("spare");
    await shop.clock.pass(90_000);
    expect(taker()).toBe("till-1");
  });

  it("is not used while the terminal only serves somebody else", async () => {
    shop.add("till-1");
    shop.add("spare", { standbyFor: terminalId("till-1") });
    await shop.start();
    using claim = claimed(shop.supervised.claims.claim(ONE, "sale"));
    expect(claim.terminal).toBe("till-1");
    expect(shop.supervised.claims.claim(ONE, "sale")).toMatchObject({ refused: "busy", terminal: "till-1" });
  });

  it("is the last choice of a group", async () => {
    shop.add("spare", { group: "front", standbyFor: terminalId("till-1") });
    shop.add("till-1", { group: "front" });
    await shop.start();
    using first = claimed(shop.supervised.claims.claim({ group: "front" }, "sale"));
    using second = claimed(shop.supervised.claims.claim({ group: "front" }, "sale"));
    expect([first.terminal, second.terminal]).toEqual(["till-1", "spare"]);
    expect(shop.supervised.claims.claim({ group: "front" }, "sale")).toMatchObject({ refused: "noneFree" });
    expect(shop.supervised.claims.claim({ group: "rear" }, "sale")).toMatchObject({ refused: "unknownGroup" });
    expect(shop.supervised.claims.claim({}, "preAuth")).toMatchObject({ refused: "notSupported" });
  });
});

describe("two identical adapters that are swapped", () => {
  it("get no money until they are swapped back or confirmed", async () => {
    const one = shop.add("till-1");
    const two = shop.add("till-2");
    await shop.start();
    await shop.clock.pass(1_000);
    [one.identity, two.identity] = [two.identity, one.identity];
    one.loseLink();
    two.loseLink();
    await shop.clock.pass(5_000);
    for (const name of ["till-1", "till-2"]) {
      expect(shop.view(name)).toMatchObject({ state: "disabled", reason: "wrongTerminal" });
      const terminal = terminalId(name);
      expect(shop.supervised.claims.claim({ terminal }, "sale")).toMatchObject({ refused: "disabled" });
      expect(shop.supervised.claims.claimToAsk(terminal)).toMatchObject({ refused: "disabled" });
    }
    await shop.restart();
    await shop.clock.pass(5_000);
    expect(shop.view("till-1").state).toBe("disabled");
    const li = { who: "Li", reason: "moved to the other till", by: "technician" } as const;
    expect(await shop.supervised.actions.resume(ONE.terminal, li)).toMatchObject({ refused: "wrongTerminal" });
    expect(await shop.supervised.actions.resume(ONE.terminal, li, "SN-till-9")).toMatchObject({
      refused: "wrongTerminal",
    });
    expect(await shop.supervised.actions.resume(ONE.terminal, li, "SN-till-2")).toEqual({ done: "resumed" });
    await shop.clock.pass(5_000);
    expect(shop.view("till-1").state).toBe("ready");
    await shop.restart();
    await shop.clock.pass(5_000);
    expect(shop.view("till-1").state).toBe("ready");
    expect(shop.view("till-2").state).toBe("disabled");
  });
});

describe("a terminal that the config names by its serial number", () => {
  it("is confirmed in the config alone", async () => {
    const device = shop.add("till-1", { expected: { serial: "SN-9" } });
    await shop.start();
    await shop.clock.pass(5_000);
    expect(shop.view("till-1")).toMatchObject({ reason: "wrongTerminal", serial: "SN-till-1" });
    const li = { who: "Li", reason: "new", by: "technician" } as const;
    const answer = await shop.supervised.actions.resume(ONE.terminal, li, "SN-till-1");
    expect("refused" in answer ? answer.because : "").toContain("config");
    device.open = "wrongTerminal";
    await shop.restart();
    await shop.clock.pass(5_000);
    expect(await shop.supervised.actions.resume(ONE.terminal, li, "")).toMatchObject({ refused: "wrongTerminal" });
  });
});

describe("a terminal that is to be asked", () => {
  it("can be while it is paused, and is waited for while it cannot", async () => {
    const device = shop.add("till-1");
    await shop.start();
    await shop.supervised.actions.pause(ONE.terminal, { who: "Li", reason: "keypad", by: "technician" });
    expect(shop.supervised.claims.claim(ONE, "sale")).toMatchObject({ refused: "paused", because: "keypad" });
    {
      using claim = claimed(shop.supervised.claims.claimToAsk(ONE.terminal));
      await claim.session.lastTransaction(new AbortController().signal);
    }
    device.open = "unreachable";
    device.loseLink();
    await shop.clock.pass(1_000);
    let reached = false;
    const wait = async (): Promise<void> => {
      await shop.supervised.claims.reachable(ONE.terminal, new AbortController().signal);
      reached = true;
    };
    const waiting = wait();
    await shop.clock.pass(60_000);
    expect(reached).toBe(false);
    device.open = "works";
    await shop.clock.pass(60_000);
    await waiting;
    expect(reached).toBe(true);
    const stop = new AbortController();
    const why = new Error("stopped");
    stop.abort(why);
    await expect(shop.supervised.claims.reachable(terminalId("nobody"), stop.signal)).rejects.toBe(why);
  });
});

describe("whether the supervision itself goes on", () => {
  it("is well while a terminal is away or its driver hangs, and does not answer when a step never ends", async () => {
    const { clock } = shop;
    shop.add("till-1").open = "hangs";
    await shop.start();
    await shop.supervised.running;
    await clock.pass(600_000);
    await expect(shop.supervised.alive()).resolves.toBeUndefined();
    // Time goes on, and nobody is woken.
    const nowMs = clock.monotonicMs();
    clock.monotonicMs = () => nowMs + 4_000_000;
    await expect(shop.supervised.alive()).rejects.toThrow("terminal till-1: the supervision hangs");
    clock.monotonicMs = () => nowMs;
  });
});
