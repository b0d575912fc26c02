import type { TerminalView } from "./domain/terminal.ts";
import { aborted } from "./runtime/aborted.ts";
import type { Clock } from "./runtime/clock.ts";
import type { Log } from "./runtime/log.ts";
import { isShutdown, type Task } from "./runtime/task.ts";

/** A terminal that keeps its line open would put it off for ever. ms. */
const WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 500;

export interface Reopening {
  /** Fires when the ledger should be opened anew, with the reason. */
  readonly reopening: AbortSignal;
  terminals(): readonly TerminalView[];
}

/**
 * Ends the daemon when its ledger must begin a new stream, which only an open can do: systemd starts it again. It waits for
 * a moment in which no terminal is connected; on the stop itself questions that are open still get their answers.
 */
export function reopenWatch(ledger: Reopening, { clock, log }: { clock: Clock; log: Log }): Task {
  const { reopening } = ledger;
  return {
    name: "reopening",
    run: async (signal) => {
      await aborted(AbortSignal.any([signal, reopening]));
      if (signal.aborted) return;
      const reason = String(reopening.reason);
      log.error("ledger.reopening", { reason, withinMs: WITHIN_MS });
      try {
        const deadline = clock.monotonicMs() + WITHIN_MS;
        while (clock.monotonicMs() < deadline && ledger.terminals().some(({ connections }) => connections > 0)) {
          await clock.sleep(LOOK_EVERY_MS, signal);
        }
      } catch (error) {
        if (!isShutdown(error, signal)) throw error;
        return;
      }
      throw new Error("the ledger must be opened anew", { cause: reopening.reason });
    },
  };
}
