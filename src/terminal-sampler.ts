import type { TerminalId } from "./domain/terminal.ts";
import type { Ledger } from "./queue/ledger.ts";
import type { Clock } from "./runtime/clock.ts";
import { isShutdown, type Task } from "./runtime/task.ts";
import type { Tally } from "./terminals/usage/tallies.ts";
import type { Usage } from "./terminals/usage/usage.ts";

const SAMPLE_EVERY_MS = 60_000;

export interface TerminalSamplerDeps {
  readonly ledger: Pick<Ledger, "sample">;
  readonly terminals: readonly TerminalId[];
  /** `undefined` until the ledger has been read. */
  readonly usage: () => Pick<Usage, "of"> | undefined;
  readonly clock: Clock;
}

/** Once a minute, for each terminal, its payments since the minute before, and which share of them went wrong. */
export function terminalSampler({ ledger, terminals, usage, clock }: TerminalSamplerDeps): Task {
  const before = new Map<TerminalId, Tally>();
  const sample = (): void => {
    for (const terminal of terminals) {
      const tally = usage()?.of(terminal, clock.now())?.tally;
      if (tally === undefined) continue;
      const last = before.get(terminal);
      before.set(terminal, tally);
      if (last === undefined) continue;
      const { payments, failedShare } = workSince(last, tally);
      ledger.sample(`terminal.${terminal}.payments`, payments);
      if (failedShare !== undefined) ledger.sample(`terminal.${terminal}.failedShare`, failedShare);
    }
  };
  return {
    name: "terminal samples",
    run: async (signal) => {
      try {
        for (;;) {
          sample();
          await clock.sleep(SAMPLE_EVERY_MS, signal);
        }
      } catch (error) {
        if (!isShutdown(error, signal)) throw error;
      }
    },
  };
}

/** @returns `failedShare` 0..1, failed or in doubt; absent without a payment, because no share of nothing went wrong. */
export function workSince(before: Tally, now: Tally): { readonly payments: number; readonly failedShare?: number } {
  const payments = Math.max(0, now.transactions - before.transactions);
  if (payments === 0) return { payments };
  const wrong = now.failed + now.inDoubt - before.failed - before.inDoubt;
  return { payments, failedShare: Math.min(1, Math.max(0, wrong / payments)) };
}
