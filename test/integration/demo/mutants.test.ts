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

async function play(mutations: readonly Mutation[]) {
  await using copy = await mutant(mutations);
  const played = await copy.run(DEMO);
  return played;
}

describe("the demo's verdict", () => {
  it("is good for tillgate, and bad for one without its buffer or without in-doubt", { timeout: 300_000 }, async () => {
    const [whole, unbuffered, doubtless] = await Promise.all([play([]), play([NO_BUFFER]), play([NO_DOUBT])]);
    expect(whole.said).toContain("Lost 0, duplicated 0, wrong 0.");
    expect(whole.code).toBe(0);
    expect(unbuffered.said).toMatch(/Lost [1-9]/);
    expect(unbuffered.code).toBe(1);
    expect(doubtless.said).toMatch(/wrong [1-9]/);
    expect(doubtless.said).toContain("unanswered, yet called failed");
    expect(doubtless.code).toBe(1);
  });
});
