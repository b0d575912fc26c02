import type { HealthState } from "./contract/health-state.ts";
import { type HealthNode, healthLines } from "./domain/health.ts";
import { instant } from "./domain/clock.ts";
import { type Clock, rfc3339 } from "./runtime/clock.ts";
import type { RetainedState } from "./uplink/retained-state.ts";

/** contracts.md, MQTT: on every change of state and every 60 s. ms. */
const REPEAT_EVERY_MS = 60_000;
/** Two repeats may be lost before the last one says nothing any more. ms. */
const EXPIRES_AFTER_MS = 3 * REPEAT_EVERY_MS;

/** The health tree's summary as headquarters finds it retained. */
export function healthState(health: () => HealthNode, clock: Clock): RetainedState {
  return {
    topic: "health",
    repeatEveryMs: REPEAT_EVERY_MS,
    current: () => JSON.stringify(summary(health(), clock)),
    fingerprint: () =>
      healthLines(health())
        .map(({ path, node }) => `${path} ${node.status}`)
        .join("\n"),
  };
}

function summary({ status, parts = [] }: HealthNode, clock: Clock): HealthState {
  const now = clock.now();
  return {
    status,
    asOf: rfc3339(now),
    expiresAt: rfc3339(instant(now + EXPIRES_AFTER_MS)),
    parts: parts.map(({ name, status: state, since, reason, advice }) => ({
      name,
      status: state,
      ...(since === undefined ? {} : { since }),
      ...(reason === undefined ? {} : { reason }),
      ...(advice === undefined ? {} : { advice }),
    })),
  };
}
