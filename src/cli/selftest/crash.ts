import { join } from "node:path";
import { LedgerError } from "../../queue/ledger-error.ts";
import { openOfflineLedger } from "../../queue/offline.ts";
import { Appender, whatIsMissing } from "./appender.ts";
import type { Trial } from "./trial.ts";

const KILLS = 5;
/** ms. A machine on which a process takes seconds to start is killed less often. */
const NO_NEW_AFTER_MS = 10_000;
/** ms after its first acknowledgement, at most. */
const KILL_WITHIN_MS = 400;
const LOOK_EVERY_MS = 5;
const START_WITHIN_MS = 15_000;

/** Kills a process in the middle of its work, again and again, and counts what is there afterwards. */
export const crash: Trial = async ({ directory, clock, random }, signal) => {
  const store = join(directory, "crash");
  const acknowledged = new Map<number, string>();
  const began = clock.monotonicMs();
  let stream: string | undefined;
  let kills = 0;
  while (kills === 0 || (kills < KILLS && clock.monotonicMs() - began < NO_NEW_AFTER_MS)) {
    kills += 1;
    await using appender = new Appender(store);
    const deadline = clock.monotonicMs() + START_WITHIN_MS;
    while (appender.said.acknowledged.size === 0) {
      const reason = appender.complaint ?? (clock.monotonicMs() > deadline ? "nothing was acknowledged" : undefined);
      if (reason !== undefined) return [{ name: "crashNoStart", figures: { reason } }];
      await clock.sleep(LOOK_EVERY_MS, signal);
    }
    await clock.sleep(random() * KILL_WITHIN_MS, signal);
    await appender.kill();
    for (const [seq, token] of appender.said.acknowledged) acknowledged.set(seq, token);
    const missing = await lookAt(store, acknowledged, stream);
    if (typeof missing.reason === "string") {
      return [{ name: "crashLost", figures: { kills, reason: missing.reason } }];
    }
    ({ stream } = missing);
  }
  return [{ name: "crashSurvived", figures: { kills, records: acknowledged.size } }];
};

/** One stream for all: a ledger that had to be salvaged has lost something. */
async function lookAt(
  store: string,
  acknowledged: ReadonlyMap<number, string>,
  before: string | undefined,
): Promise<{ readonly reason?: string; readonly stream?: string }> {
  try {
    const reason = await whatIsMissing(store, acknowledged);
    if (reason !== undefined) return { reason };
    using ledger = openOfflineLedger(store);
    const { stream } = ledger;
    return before === undefined || before === stream ? { stream } : { reason: "the ledger had to begin a new stream" };
  } catch (error) {
    if (error instanceof LedgerError) return { reason: error.message };
    throw error;
  }
}
