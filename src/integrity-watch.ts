import type { Ledger } from "./queue/ledger.ts";
import type { Clock } from "./runtime/clock.ts";
import type { Log } from "./runtime/log.ts";
import { isShutdown, type Task } from "./runtime/task.ts";

/** After the rush of a start. ms. */
const FIRST_AFTER_MS = 2_000;
/** A card that wears out shows it within days. ms. */
const AGAIN_AFTER_MS = 24 * 60 * 60 * 1_000;
/** Between two parts of some 10 ms: a million records then take a minute, and no sale waits for them. ms. */
const PAUSE_MS = 50;

/**
 * Computes every record's hash again after each start, and once a day. `PRAGMA quick_check` would hold one read transaction
 * over the whole file, so that the log could not shrink, and it does not see a changed body; what it sees beside the records
 * costs the salvage nothing.
 */
export function integrityWatch(
  ledger: Pick<Ledger, "checkIntegrity">,
  { clock, log }: { clock: Clock; log: Log },
): Task {
  return {
    name: "integrity",
    run: async (signal) => {
      try {
        await clock.sleep(FIRST_AFTER_MS, signal);
        for (;;) {
          try {
            await ledger.checkIntegrity(PAUSE_MS, signal);
          } catch (error) {
            if (signal.aborted) throw error;
            log.warn("ledger.notChecked", { error });
          }
          await clock.sleep(AGAIN_AFTER_MS, signal);
        }
      } catch (error) {
        if (!isShutdown(error, signal)) throw error;
      }
    },
  };
}
