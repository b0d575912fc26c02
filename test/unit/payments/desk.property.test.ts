import * as fc from "fast-check";
import { expect, it } from "vitest";
import type { PaymentStart } from "../../../src/domain/payment-request.ts";
import { anApplication, type DeskLife, PaymentRig } from "../../support/payment-rig.ts";
import { ScriptedTerminal, type Script } from "../../support/scripted-terminals.ts";

/** What happens in a shop, in any order: tills ask, twice and too soon; terminals do what they do; the daemon dies. */
type Step =
  | {
      readonly do: "pay";
      readonly key: number;
      readonly order: number;
      readonly amount: number;
      readonly wait: boolean;
    }
  | { readonly do: "script"; readonly terminal: number; readonly script: Script }
  | { readonly do: "letGo"; readonly terminal: number }
  | { readonly do: "crash" }
  | { readonly do: "reach"; readonly terminal: number; readonly isReachable: boolean }
  | { readonly do: "turn" };

const terminal = fc.nat({ max: 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("pay" as const),
      key: fc.nat({ max: 4 }),
      order: fc.nat({ max: 2 }),
      amount: fc.integer({ min: 1, max: 2 }),
      wait: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("script" as const),
      terminal,
      script: fc.constantFrom<Script[]>("approve", "decline", "lostAfter", "lostBefore", "notSent", "hang", "throws"),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("letGo" as const), terminal }) },
  { weight: 2, arbitrary: fc.constant({ do: "crash" } as const) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("reach" as const), terminal, isReachable: fc.boolean() }) },
  { weight: 3, arbitrary: fc.constant({ do: "turn" } as const) },
);

async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Carries the story out. @returns the rig, every doubt settled as far as its terminal can tell. */
async function live(story: readonly Step[]): Promise<PaymentRig> {
  const rig = new PaymentRig(new ScriptedTerminal("t-2", 700));
  let life: DeskLife = await rig.open();
  const asked: Promise<PaymentStart>[] = [];
  for (const one of story) {
    switch (one.do) {
      case "pay": {
        const { key, order, amount } = one;
        const start = life.desk.pay(anApplication({ key: `key-${key}`, orderId: `O-${order}`, amount }));
        asked.push(start);
        if (one.wait) await Promise.race([start, turns(20)]);
        break;
      }
      case "script":
        rig.terminals[one.terminal]?.script.push(one.script);
        break;
      case "letGo":
        rig.terminals[one.terminal]?.letGo();
        break;
      case "reach": {
        const reached = rig.terminals[one.terminal];
        if (reached !== undefined) reached.isReachable = one.isReachable;
        break;
      }
      case "crash":
        life.crash();
        life = await rig.open();
        break;
      case "turn":
        await turns(7);
    }
  }
  for (const one of rig.terminals) {
    one.isReachable = true;
    one.letGo();
  }
  await turns(20);
  await life.stop();
  return rig;
}

it("never gives a terminal one key twice, nor one order twice while it is paid or in doubt", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (story) => {
      const rig = await live(story);
      const orders = rig.terminals.flatMap((one) => one.orders);
      const ids = orders.map(({ payment }) => payment);
      expect(new Set(ids).size, "each payment went out once").toBe(ids.length);

      const records = rig.store.transactions();
      const reference = new Map(records.map(({ transaction }) => [String(transaction.id), transaction.payment]));
      for (const id of ids) expect(reference.get(id), "durable before it was sent").toBeDefined();
      const keys = ids.map((id) => reference.get(id)?.keyHash);
      expect(new Set(keys).size, "no key went out twice").toBe(keys.length);

      const charged = rig.terminals
        .flatMap((one) => one.charges)
        .map(({ order }) => reference.get(order.payment)?.orderId);
      expect(new Set(charged).size, "no order was charged twice").toBe(charged.length);

      const newest = new Map(rig.payments().map((payment) => [String(payment.id), payment.outcome]));
      for (const { order } of rig.terminals.flatMap((one) => one.charges)) {
        expect(["approved", "inDoubt"], "no approval is lost").toContain(newest.get(order.payment));
      }
    }),
    { numRuns: 150 },
  );
}, 240_000);
