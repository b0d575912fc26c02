import { expect, test } from "vitest";
import { seededRandom } from "../../../src/sim/seeded-random.ts";
import { sameAtHq } from "./copy.ts";
import { Counter } from "./counter.ts";
import { KILLS, strikes } from "./moments.ts";
import { summaryOf } from "./summary.ts";
import { Trial } from "./trial.ts";

/** `TILLGATE_SEED` plays a failed run again. */
const SEED = Number(process.env["TILLGATE_SEED"] ?? Date.now() % 1_000_000);
const KILLED = 30;

test(
  `${KILLED} kills of the daemon, at each step of a ZVT payment: one charge for one key, and everybody has it (TILLGATE_SEED=${SEED})`,
  { timeout: 600_000 },
  async () => {
    const random = seededRandom(SEED);
    await using counter = await Counter.open({ seed: SEED });
    const trial = new Trial(counter, random);
    await trial.warmUp();
    for (const strike of strikes(KILLS, random)) {
      await trial.strike(strike);
      expect(trial.report().faults).toEqual([]);
      if (counter.kills >= KILLED) break;
    }
    const report = trial.report();
    process.stdout.write(`${summaryOf(report)}\n`);
    expect(report.persons, "the terminal's own word was enough").toEqual([]);
    expect(report.endings.evidence, "some were in doubt, else nothing was tried").toBeGreaterThan(KILLED / 3);
    expect(report.secondOrders).toBeGreaterThan(KILLED / 4);
    expect(await sameAtHq(counter)).toEqual([]);
  },
);
