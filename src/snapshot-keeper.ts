import type { Seq } from "./domain/record.ts";
import type { Driver } from "./drivers/driver.ts";
import type { Clock } from "./runtime/clock.ts";
import type { Log } from "./runtime/log.ts";
import { isShutdown, type Task } from "./runtime/task.ts";

/** What keeping a snapshot needs of the ledger. */
export interface SnapshotStore {
  /** The newest record. */
  readonly durable: Seq;
  saveSnapshot(name: string, upTo: Seq, state: string): Promise<void>;
}

/**
 * A start replays what is younger than the snapshot, at about 400,000 records a second; a snapshot of a busy shop is some
 * hundred kilobytes of flash. So: one after this many records, and one at a clean stop.
 */
const RECORDS_BETWEEN = 5_000;
const LOOK_EVERY_MS = 10_000;

export interface SnapshotKeeperDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Records that this start had to replay: after many, the next one should not have to. */
  readonly replayed: number;
  /** Whether records wait in memory for the disk. */
  readonly isHolding: () => boolean;
}

/** Saves the drivers' memory now and then, so that a start with a million records takes no longer than one with ten. */
export function snapshotKeeper(store: SnapshotStore, drivers: readonly Driver[], deps: SnapshotKeeperDeps): Task {
  let savedAt = 0;
  const saveAll = async (): Promise<void> => {
    if (deps.isHolding()) return;
    const from = store.durable;
    for (const driver of drivers) {
      const { state, upTo } = driver.snapshot();
      try {
        const position = await upTo;
        // What waits for the disk may never come into the ledger: a memory that knows of it is not the ledger's.
        if (deps.isHolding()) return;
        await store.saveSnapshot(driver.name, position, state);
      } catch (error) {
        deps.log.warn("snapshot.notSaved", { driver: driver.name, error });
      }
    }
    savedAt = from;
  };
  return {
    name: "snapshots",
    run: async (signal) => {
      savedAt = store.durable - deps.replayed;
      try {
        for (;;) {
          await deps.clock.sleep(LOOK_EVERY_MS, signal);
          if (store.durable - savedAt >= RECORDS_BETWEEN) await saveAll();
        }
      } catch (error) {
        if (!isShutdown(error, signal)) throw error;
        if (store.durable > savedAt) await saveAll();
      }
    },
  };
}
