import { describe, expect, test } from "vitest";
import { seededRandom } from "../../../src/sim/seeded-random.ts";
import { type Fault, FAULTS } from "./faults.ts";
import { Stand } from "./stand.ts";
import type { Verdict } from "./verdict.ts";

/** `TILLGATE_SEED` plays a failed run again. */
const SEED = Number(process.env["TILLGATE_SEED"] ?? Date.now() % 1_000_000);

/** Nothing that was acknowledged is missing without being named, nothing counts twice, every chain is whole. */
const KEPT: Partial<Verdict> = { lost: [], duplicated: [], forks: 0, chainBreaks: 0, damaged: 0 };

function promised(fault: Fault): Partial<Verdict> {
  return {
    ...KEPT,
    ...(fault.disorders === true ? {} : { orderBreaks: 0 }),
    ...(fault.alarms === true ? {} : { alarms: [] }),
  };
}

/** Long enough for a deadline or two to pass while it lasts. ms. */
async function last(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

const KILLS = 10;

test(
  `${KILLS} kills of the gateway, one after the other, at any moment (TILLGATE_SEED=${SEED})`,
  { timeout: 180_000 },
  async () => {
    const random = seededRandom(SEED);
    await using stand = await Stand.open({ seed: SEED, pauseMs: 0 });
    for (let kill = 0; kill < KILLS; kill += 1) {
      await stand.sold(1 + Math.floor(random() * 100));
      await last(random() * 40);
      await stand.kill();
      await stand.start();
    }
    await stand.sold(1);
    expect(await stand.settled()).toMatchObject({ ...KEPT, orderBreaks: 0, alarms: [], arrived: stand.kept.length });
    expect(stand.kills.writer).toBe(KILLS);
  },
);

describe(`what was acknowledged is at headquarters once, or named (TILLGATE_SEED=${SEED})`, () => {
  test.each(FAULTS.map((fault) => [fault.name, fault] as const))(
    "after: %s",
    { timeout: 180_000 },
    async (_name, fault) => {
      const random = seededRandom(SEED);
      await using stand = await Stand.open({ seed: SEED });
      await stand.sold(100);
      for (let round = 0; round < 2; round += 1) {
        await fault.apply(stand, random);
        await last(500 + random() * 1_500);
        await fault.heal(stand, random);
        await stand.sold(50);
        expect(await stand.settled(), `round ${round}`).toMatchObject(promised(fault));
      }
    },
  );
});
