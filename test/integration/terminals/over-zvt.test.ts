import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cardToken } from "../../../src/domain/card.ts";
import { currency, minorUnits } from "../../../src/domain/money.ts";
import { type PaymentAnswer, paymentId } from "../../../src/domain/payment.ts";
import { terminalId } from "../../../src/domain/terminal.ts";
import { systemClock } from "../../../src/runtime/clock.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { openItems } from "../../../src/terminals/open-items.ts";
import { standings } from "../../../src/terminals/standing.ts";
import { type SupervisedTerminals, superviseTerminals } from "../../../src/terminals/supervise.ts";
import { usage } from "../../../src/terminals/usage/usage.ts";
import type { DriverWorld, ScriptedPeer } from "../../contract/driver/world.ts";
import { zvtOnTcp } from "../../contract/driver/zvt-world.ts";
import { RunningTask } from "../../support/running-task.ts";
import { waitUntil } from "../../support/wait-until.ts";

const TILL = terminalId("till-1");
const clock = systemClock();

let world: DriverWorld;
let peer: ScriptedPeer;
let supervised: SupervisedTerminals;
let running: readonly RunningTask[];

/** The real driver on a real socket; heartbeats so often that every order meets one sooner or later. */
beforeEach(async () => {
  world = await zvtOnTcp();
  ({ peer } = world);
  supervised = superviseTerminals(
    {
      terminals: [
        {
          id: TILL,
          family: "zvt",
          makeDriver: (news) =>
            world.driver({
              clock,
              log: silentLog,
              random: Math.random,
              tokenise: () => cardToken("0123456789abcdef"),
              news,
            }),
        },
      ],
      relayed: [],
      timezone: "Europe/Berlin",
      policy: { heartbeatMs: 20, repeatAfterMs: 5 },
    },
    {
      clock,
      log: silentLog,
      random: Math.random,
      record: async () => Promise.resolve(),
      standings: () => standings.begin(),
      openItems: () => openItems.begin(),
      usage: () => usage.begin(),
    },
  );
  running = supervised.tasks.map((task) => new RunningTask(task));
  await ready();
});

afterEach(async () => {
  await Promise.all(running.map(async (task) => task.stop()));
  await waitUntil("the link is closed", () => peer.links === 0);
  await world[Symbol.asyncDispose]();
});

async function ready(): Promise<void> {
  await waitUntil("the terminal is ready", () => supervised.views()[0]?.state === "ready");
}

async function sell(n: number): Promise<PaymentAnswer> {
  const claim = supervised.claims.claim({ terminal: TILL }, "sale");
  if ("refused" in claim) throw new Error(`refused: ${claim.refused} ${claim.because ?? ""}`);
  using lent = claim;
  const order = {
    payment: paymentId(`p-${n}`),
    kind: "sale",
    amount: minorUnits(1_234),
    currency: currency("EUR"),
  } as const;
  return await lent.session.pay(order, () => undefined, new AbortController().signal);
}

describe("supervision over the real ZVT driver", () => {
  it("sells at any moment between, during and after its own questions, over one link", async () => {
    for (let n = 0; n < 60; n += 1) {
      expect((await sell(n)).outcome).toBe("approved");
      await delay(n % 30);
    }
    expect([peer.orders, peer.booked, peer.links]).toEqual([60, 60, 1]);
    const counters = supervised.counters().get(TILL);
    expect(counters).toMatchObject({ opens: 1, linksLost: 0, pollsMissed: 0 });
    expect(counters?.["polls"]).toBeGreaterThan(20);
  });

  it("lends it for the shop's currency only", () => {
    const cny = supervised.claims.claim({ terminal: TILL, currency: currency("CNY") }, "sale");
    expect(cny).toEqual({ refused: "wrongCurrency", terminal: TILL });
    const eur = supervised.claims.claim({ currency: currency("EUR") }, "sale");
    expect("refused" in eur).toBe(false);
    if (!("refused" in eur)) eur[Symbol.dispose]();
    expect(peer.orders).toBe(0);
  });

  it("opens anew after the link broke in the middle of an order, and never repeats that", async () => {
    peer.sale = "neverEnds";
    expect((await sell(1)).outcome).toBe("inDoubt");
    peer.sale = "approves";
    await waitUntil("the link was opened anew", () => (supervised.counters().get(TILL)?.["opens"] ?? 0) > 1);
    await ready();
    expect(peer.orders).toBe(1);
    expect((await sell(2)).outcome).toBe("approved");
    expect([peer.orders, peer.booked]).toEqual([2, 1]);
  });
});
