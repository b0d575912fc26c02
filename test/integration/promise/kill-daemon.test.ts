import { describe, expect, test } from "vitest";
import { main } from "../../../src/cli/program.ts";
import { seededRandom } from "../../../src/sim/seeded-random.ts";
import { CapturedOutput } from "../../support/captured-output.ts";
import { type Settled, Shop } from "../../support/shop.ts";
import { expectKept } from "./promise.ts";

/** `TILLGATE_SEED` plays a failed run again. */
const SEED = Number(process.env["TILLGATE_SEED"] ?? Date.now() % 1_000_000);
const ROUNDS = 4;
const KILLS_A_ROUND = 5;

/** What the host has, and headquarters heard of only afterwards: by a reversal, or not at all. */
function sentUnrecorded(shop: Shop, { records }: Settled): readonly string[] {
  const known = new Set(
    records
      .filter(({ event }) => event === "requested")
      .map(({ transaction: { de41 = "", batch = "", stan } }) => `${de41} ${batch} ${stan}`),
  );
  return shop.acquirer
    .books()
    .map(({ de41, batch, stan }) => `${de41} ${batch} ${stan}`)
    .filter((key) => !known.has(key));
}

describe(`a daemon that is killed ${ROUNDS * KILLS_A_ROUND} times while terminals sell (TILLGATE_SEED=${SEED})`, () => {
  test("loses nothing, counts nothing twice, sends nothing twice: what HQ holds is what the acquirer's books say", async () => {
    const random = seededRandom(SEED);
    await using shop = await Shop.open({
      seed: SEED,
      acquirer: { habits: { declineRate: 0.08, silentRate: 0.02, delayMs: [0, 40] } },
      // A disk that is slow now and then must not count as a fault here: no request goes before its record.
      relay: { writeAheadMaxMs: 1_000 },
    });
    const { stream } = shop.daemon;
    for (let round = 1; round <= ROUNDS; round += 1) {
      shop.startSelling();
      for (let kill = 1; kill < KILLS_A_ROUND; kill += 1) {
        await shop.sold(1 + Math.floor(random() * 80));
        await shop.kill();
        // The last of a round dies while it starts: before it has a ledger, while it replays, or just after.
        if (kill === KILLS_A_ROUND - 1) await shop.startAndKill(100 + random() * 1_400);
        await shop.start();
        await shop.sold(1);
        expectKept(await shop.settle(), `after kill ${kill} of round ${round}`);
        shop.startSelling();
      }
      await shop.sold(20);
      expectKept(await shop.settle(), `after ${round * KILLS_A_ROUND} kills`);
    }

    const settled = await shop.settle();
    const { transactions, hq, doubts } = settled;
    expect(sentUnrecorded(shop, settled), "reached the host before its record was on disk").toEqual([]);
    expect(transactions).toBeGreaterThan(100);
    expect(doubts.length, "some were in doubt, else nothing was tried").toBeGreaterThan(0);
    expect(hq.streams.map((one) => one.stream)).toEqual([stream]);

    expect(await shop.stop(), "a clean stop").toBe(0);
    const output = new CapturedOutput();
    expect(await main(["journal", "verify", "--store", shop.store], output), output.complained.join("\n")).toBe(0);
  }, 240_000);
});
