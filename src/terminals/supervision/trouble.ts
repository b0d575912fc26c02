import { BOTTOM, type Ladder, mayRestart, reopenDelay, reopened, restarted } from "./ladder.ts";
import type { SupervisionPolicy } from "./policy.ts";
import * as records from "./records.ts";
import type { FaultCode, Now, Step, Supervision, SupervisionEffect } from "./state.ts";

/** Restarting the driver mends nothing there: the fault lies in front of it. */
const NOT_THE_DRIVERS_FAULT: ReadonlySet<FaultCode> = new Set(["absent", "notPermitted", "unavailable", "inUse"]);

/** The link is gone: it is opened anew, later and later, and in the end with another driver. */
export function failed(
  state: Supervision,
  code: FaultCode,
  effects: readonly SupervisionEffect[],
  policy: SupervisionPolicy,
  now: Now,
): Step {
  const climbed = reopened(state.ladder);
  const restarts = !NOT_THE_DRIVERS_FAULT.has(code) && mayRestart(climbed, policy, now.monotonicMs);
  const ladder = restarts ? restarted(climbed, now.monotonicMs) : climbed;
  const isFirst = ladder.reopens === 1 && state.link === "open";
  return {
    state: {
      ...troubled(state, code),
      link: "closed",
      doing: undefined,
      mustClose: false,
      misses: state.misses + 1,
      condition: undefined,
      ladder,
      nextAtMs: now.monotonicMs + reopenDelay(ladder, policy, now.random),
    },
    effects: [
      ...effects,
      ...(isFirst ? [{ type: "record", body: records.recoveryTried("reopen", ladder, code) } as const] : []),
      ...(restarts ? [{ type: "record", body: records.recoveryTried("restart", ladder, code) } as const] : []),
      ...(restarts ? [{ type: "restart" } as const] : []),
    ],
  };
}

export function troubled(state: Supervision, code: FaultCode): Supervision {
  return { ...state, fault: code, troubled: true, wellSinceMs: undefined };
}

/** Troubles are forgotten, and the ladder begins at its bottom, only after it has been well for a while. */
export function well(state: Supervision, policy: SupervisionPolicy, now: Now): Supervision {
  const wellSinceMs = state.wellSinceMs ?? now.monotonicMs;
  const heard: Supervision = { ...state, wellSinceMs };
  if (now.monotonicMs - wellSinceMs < policy.stableMs) return heard;
  return { ...heard, troubled: false, ladder: { ...BOTTOM, ...stillCounted(state) } };
}

/** What a terminal asks for is counted until it asks no more; and when it was settled has nothing to do with its link. */
function stillCounted({ ladder, condition }: Supervision): Partial<Ladder> {
  const { settleAtMs, softResets, softResetAtMs } = ladder;
  const asks = condition !== undefined && (condition.state === "attention" || condition.state === "fault");
  return {
    ...(settleAtMs === undefined ? {} : { settleAtMs }),
    ...(asks ? { softResets } : {}),
    ...(asks && softResetAtMs !== undefined ? { softResetAtMs } : {}),
  };
}
