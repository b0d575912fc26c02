import { describe, expect, it } from "vitest";
import { mutant, type Mutation } from "../../support/mutant.ts";

/** Short acts and a busy shop: some hundred transactions in half a minute. */
const DEMO = ["demo", "--scenario", "outage", "--for", "30", "--speed", "150"];

/** What a gateway without a durable queue does: what happens while the broker is away is gone. */
const NO_BUFFER: Mutation = {
  file: "src/gateway.ts",
  from: "append: (draft, canWait) => ledger.append(draft, canWait)",
  to: "append: async (draft) => (uplink.state().connected ? ledger.append(draft) : ledger.durable)",
};

/** What a gateway without the idea of doubt does: silence is a failure. */
const NO_DOUBT: Mutation = {
  file: "src/drivers/iso8583/machine/financial.ts",
  from: 'harmless && before.outcome === "inDoubt" ? "failed" : before.outcome',
  to: '"failed"',
};

/** The same at a till's payment: a link that is lost is a failure, and the order may be paid anew. */
const NO_DOUBT_AT_TILLS: Mutation = {
  file: "src/terminals/payments/transaction-of.ts",
  from: "    outcome,\n    ...(reason === undefined ? {} : { reason }),\n    ...(outcome",
  to: '    outcome: outcome === "inDoubt" ? "failed" : outcome,\n    ...(outcome',
};

/** What a gateway does that takes every request for a new one: a cashier who presses twice charges twice. */
const NO_ORDERS: readonly Mutation[] = [
  {
    file: "src/terminals/payments/payment-desk.ts",
    from: "keyHashOf(idempotencyKey)",
    to: "keyHashOf(this.#deps.newId() + idempotencyKey)",
  },
  {
    file: "src/terminals/payments/order-rules.ts",
    from: "if (likely.length === 0)",
    to: "if (likely.length >= 0)",
  },
];

async function play(mutations: readonly Mutation[]) {
  await using copy = await mutant(mutations);
  const played = await copy.run(DEMO);
  return played;
}

describe("the demo's verdict", () => {
  it("is good for tillgate, and bad for one without buffer, in-doubt, or orders", { timeout: 300_000 }, async () => {
    const [whole, unbuffered, doubtless, orderless] = await Promise.all([
      play([]),
      play([NO_BUFFER]),
      play([NO_DOUBT, NO_DOUBT_AT_TILLS]),
      play(NO_ORDERS),
    ]);
    expect(whole.said).toContain("Lost 0, duplicated 0, wrong 0.");
    expect(whole.said).toMatch(/counter-1 sale \d+ .*: approved/);
    expect(whole.said).toMatch(/counter-3 sale \d+ .*: approved/);
    expect(whole.said, "a serial line, or the reason why there is none").toMatch(/counter-2 [1-9]|socat is not/);
    expect(whole.said).toContain("the terminal remembers");
    expect(whole.said).toMatch(/second charges refused [1-9]/);
    expect(whole.said).toMatch(/asked again with the same key [1-9]/);
    expect(whole.code).toBe(0);
    expect(unbuffered.said).toMatch(/Lost [1-9]/);
    expect(unbuffered.code).toBe(1);
    expect(doubtless.said).toMatch(/wrong [1-9]/);
    expect(doubtless.said).toContain("unanswered, yet called failed");
    expect(doubtless.said).toMatch(/counter-\d .*the terminal has charged it, HQ says failed|charged 2 times/);
    expect(doubtless.code).toBe(1);
    expect(orderless.said).toMatch(/duplicated [1-9]/);
    expect(orderless.said).toMatch(/one order of \d+ was charged 2 times/);
    expect(orderless.code).toBe(1);
  });
});
