import type { Clock } from "../runtime/clock.ts";
import { isShutdown, type Task } from "../runtime/task.ts";

/** A status that lasted shorter than this may go unseen; a technician's "since" is right to within it. ms. */
const LOOK_EVERY_MS = 5_000;

/** Looks at the health tree also when nobody asks, so that `since` is when it happened and not when it was noticed. */
export function healthWatch(look: () => void, clock: Clock): Task {
  return {
    name: "health",
    run: async (signal) => {
      try {
        for (;;) {
          look();
          await clock.sleep(LOOK_EVERY_MS, signal);
        }
      } catch (error) {
        if (!isShutdown(error, signal)) throw error;
      }
    },
  };
}
