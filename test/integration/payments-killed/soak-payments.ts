import { seededRandom } from "../../../src/sim/seeded-random.ts";
import { sameAtHq } from "./copy.ts";
import { Counter } from "./counter.ts";
import { KILLS, strikes } from "./moments.ts";
import { summaryOf } from "./summary.ts";
import { Trial } from "./trial.ts";

export interface PaymentSoak {
  /** kill -9 of the daemon, in all. */
  readonly kills: number;
  readonly seed: number;
  /** Ends it early; what was found by then is told. */
  readonly signal: AbortSignal;
  readonly tell: (line: string) => void;
}

/** @returns whether no payment was charged twice, lost or told wrongly, and headquarters' copy is the ledger. */
export async function soakPayments({ kills, seed, signal, tell }: PaymentSoak): Promise<boolean> {
  const random = seededRandom(seed);
  await using counter = await Counter.open({ seed });
  const trial = new Trial(counter, random);
  try {
    await trial.warmUp();
    for (const strike of strikes(KILLS, random)) {
      await trial.strike(strike);
      tell(`${String(counter.kills).padStart(5)}  ${strike.moment.name}${strike.isDeclined ? ", declined" : ""}`);
      if (counter.kills >= kills || signal.aborted || trial.report().faults.length > 0) break;
    }
    const copyFaults = await sameAtHq(counter);
    for (const fault of copyFaults) tell(`  ${fault}`);
    return trial.report().faults.length === 0 && copyFaults.length === 0;
  } finally {
    tell(`\n${summaryOf(trial.report())}\n`);
  }
}
