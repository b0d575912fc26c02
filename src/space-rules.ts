import type { StoreConfig } from "./config/schema.ts";
import type { SpaceRules } from "./queue/space.ts";

const MIB = 1024 * 1024;

/** The config's MiB as the store counts them. */
export function spaceRules(store: StoreConfig): SpaceRules {
  return {
    quota: store.quotaMb * MIB,
    minFree: store.minFreeMb * MIB,
    ballast: store.ballastMb * MIB,
    keepDays: store.keepDays,
    keep: store.keepMb * MIB,
    telemetry: store.telemetryMb * MIB,
  };
}
