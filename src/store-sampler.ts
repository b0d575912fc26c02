import type { Ledger } from "./queue/ledger.ts";
import type { Recorder } from "./recorder.ts";
import type { Clock } from "./runtime/clock.ts";
import { isShutdown, type Task } from "./runtime/task.ts";
import type { Uplink } from "./uplink/uplink.ts";

const SAMPLE_EVERY_MS = 60_000;

export interface StoreSamplerDeps {
  readonly ledger: Pick<Ledger, "counters" | "sample" | "space">;
  readonly recorder: Pick<Recorder, "held">;
  readonly uplink: Pick<Uplink, "state">;
  readonly clock: Clock;
}

/** Once a minute, a point for each curve of the store: series `store.…`, times in ms, sizes in bytes. */
export function storeSampler({ ledger, recorder, uplink, clock }: StoreSamplerDeps): Task {
  let before = 0;
  const sample = (): void => {
    const { commits, p50Ms, p99Ms } = ledger.counters();
    // A minute without a commit has no commit time: it is a gap, neither 0 nor the one of before.
    if (commits > before) {
      ledger.sample("store.commitP50Ms", rounded(p50Ms));
      ledger.sample("store.commitP99Ms", rounded(p99Ms));
    }
    before = commits;
    ledger.sample("store.unconfirmed", uplink.state().unconfirmed);
    ledger.sample("store.held", recorder.held);
    const { space } = ledger;
    ledger.sample("store.bytes", space.files);
    ledger.sample("store.freeBytes", space.free);
    if (space.writtenPerDay !== undefined) ledger.sample("store.writtenBytesPerDay", space.writtenPerDay);
  };
  return {
    name: "store samples",
    run: async (signal) => {
      try {
        for (;;) {
          await clock.sleep(SAMPLE_EVERY_MS, signal);
          sample();
        }
      } catch (error) {
        if (!isShutdown(error, signal)) throw error;
      }
    },
  };
}

/** To a tenth: equal points in a row are kept as one. */
function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}
