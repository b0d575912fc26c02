import type { RecordDraft, Seq } from "../../domain/record.ts";
import { type Clock, rfc3339 } from "../../runtime/clock.ts";
import type { Log } from "../../runtime/log.ts";
import { isShutdown, type Task } from "../../runtime/task.ts";

/** The clock is asked again this often: one that is only checked once stays wrong unnoticed (Home Assistant supervisor, issue 7160). ms. */
const ASK_EVERY_MS = 10_000;

/** Body of a `clock` record. `synchronised` lets HQ re-date what this boot recorded before. */
export interface ClockRecord {
  readonly event: "started" | "synchronised" | "lost";
  /** RFC 3339, this machine's belief. */
  readonly at: string;
  /** Of tillgate, with `started`. */
  readonly version?: string;
}

export interface ClockWatchDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
  readonly record: (draft: RecordDraft) => Promise<Seq>;
}

/** Puts every change of the clock's state into the ledger, beginning with the start itself. */
export function clockWatch({ clock, log, version, record }: ClockWatchDeps): Task {
  const note = async (body: ClockRecord): Promise<void> => {
    try {
      await record({ kind: "clock", body });
    } catch (error) {
      log.error("clock.notRecorded", { event: body.event, error });
    }
  };
  return {
    name: "clock",
    run: async (signal) => {
      await note({ event: "started", at: rfc3339(clock.now()), version });
      let { synced } = clock.stamp();
      if (synced) await note({ event: "synchronised", at: rfc3339(clock.now()) });
      try {
        for (;;) {
          await clock.sleep(ASK_EVERY_MS, signal);
          const now = clock.stamp().synced;
          if (now === synced) continue;
          synced = now;
          log.info(synced ? "clock.synchronised" : "clock.lost");
          await note({ event: synced ? "synchronised" : "lost", at: rfc3339(clock.now()) });
        }
      } catch (error) {
        if (!isShutdown(error, signal)) throw error;
      }
    },
  };
}
