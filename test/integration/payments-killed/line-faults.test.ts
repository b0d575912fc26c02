import { expect, test } from "vitest";
import { seededRandom } from "../../../src/sim/seeded-random.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { sameAtHq } from "./copy.ts";
import { Counter } from "./counter.ts";
import { LINE_FAULTS, strikes } from "./moments.ts";
import { Trial } from "./trial.ts";

/** `TILLGATE_SEED` plays a failed run again. */
const SEED = Number(process.env["TILLGATE_SEED"] ?? Date.now() % 1_000_000);

const FAULTS_A_LIFE = 3;
/** ms that the terminal is without power: long enough for the standby to be chosen. */
const AWAY_MS = 10_000;

test(
  `the link is cut and the terminal's power fails at each step, and the daemon lives on (TILLGATE_SEED=${SEED})`,
  { timeout: 400_000 },
  async () => {
    const random = seededRandom(SEED);
    await using counter = await Counter.open({ seed: SEED });
    const trial = new Trial(counter, random);
    await trial.warmUp();
    for (const strike of strikes(LINE_FAULTS, random)) {
      if (strike.isDeclined) break;
      // A link that breaks again and again is opened later and later; a new daemon begins at once.
      if (trial.report().payments % FAULTS_A_LIFE === 0) await counter.restart();
      await trial.strike(strike);
      expect(trial.report().faults).toEqual([]);
    }
    expect(trial.report()).toMatchObject({ kills: 0, payments: LINE_FAULTS.length + 1, persons: [] });
    expect(await sameAtHq(counter)).toEqual([]);
  },
);

test("a host that takes longer than the daemon's next start is waited for: its late approval is the payment's end", async () => {
  await using counter = await Counter.open({ seed: SEED });
  const trial = new Trial(counter, seededRandom(SEED));
  await trial.warmUp();
  await trial.strike({
    moment: { name: "slow host", type: "kill", step: "waitingForHost" },
    isDeclined: false,
    hostMs: 8_000,
  });
  expect(trial.report()).toMatchObject({ faults: [], persons: [], endings: { evidence: 1 } });
});

test("the very first order of a terminal that remembers nothing is left to a person, and the next one is not", async () => {
  await using counter = await Counter.open({ seed: SEED });
  const trial = new Trial(counter, seededRandom(SEED));
  const moment = { name: "first", type: "kill", step: "hostDecided" } as const;
  await trial.strike({ moment, isDeclined: false });
  expect(trial.report()).toMatchObject({ faults: [], endings: { person: 1 } });
  await trial.strike({ moment, isDeclined: false });
  expect(trial.report()).toMatchObject({ faults: [], endings: { person: 1, evidence: 1 } });
});

test.each(["cut", "kill"] as const)(
  "a standby takes other orders, and never one that reached the terminal: %s while the host is asked, and the terminal stays away",
  async (type) => {
    await using counter = await Counter.open({ seed: SEED, withStandby: true });
    const { till, terminals } = counter;
    const [first, standby] = terminals;
    const trial = new Trial(counter, seededRandom(SEED));
    await trial.warmUp();
    const order = { key: "k-1", orderId: "o-1", amount: 777, terminal: "counter-1" };
    const reached = Promise.withResolvers<void>();
    counter.at("hostDecided", async () => {
      if (type === "kill") await counter.kill();
      first?.failPower(AWAY_MS);
      reached.resolve();
    });
    const paying = till.pay(order);
    await reached.promise;
    if (type === "kill") await counter.start();
    expect(await till.listed("o-1", () => false)).toMatchObject({ terminal: "counter-1" });
    expect(await till.once({ ...order, key: "k-2" }), "the same order").toBe("orderInDoubt");
    const other = { key: "k-3", orderId: "o-3", amount: 778, terminal: "counter-1" };
    const { end } = await waitUntil("the standby takes another order", async () => till.pay(other));
    expect(end).toMatchObject({ outcome: "approved", terminal: "counter-2" });
    expect((await paying).end).toMatchObject({ outcome: "approved", terminal: "counter-1" });
    expect(first?.books.charges.map(({ amount }) => amount)).toContain(777);
    expect(standby?.books.charges.map(({ amount }) => amount)).toEqual([778]);
  },
);
