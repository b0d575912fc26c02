import { assertNever } from "../../domain/assert-never.ts";
import type { Instant } from "../../domain/clock.ts";
import type { DeviceCondition, DeviceErrorCode, DeviceIdentity, DeviceRecovery } from "../../domain/device.ts";
import type { TerminalRecord } from "../../domain/terminal.ts";
import type { Pause, PausedBy } from "../pause.ts";
import { type Damping, isSame, type Shown, undamped } from "./damping.ts";
import { BOTTOM, type Ladder } from "./ladder.ts";
import type { SupervisionPolicy } from "./policy.ts";

/** Something was thrown that is no {@link DeviceErrorCode}, or a call never came back. */
export type FaultCode = DeviceErrorCode | "crashed" | "hung";

/** What one terminal's supervision knows. Monotonic ms, except `since`. */
export interface Supervision {
  readonly link: "closed" | "opening" | "open";
  /** What is being asked over the open link. */
  readonly doing: "poll" | "recover" | undefined;
  readonly claim: "order" | "ask" | undefined;
  /** The session ended while somebody used it: it is closed once that one is done. */
  readonly mustClose: boolean;
  /** Attempts in a row to hear of it that failed. */
  readonly misses: number;
  readonly fault: FaultCode | undefined;
  readonly condition: DeviceCondition | undefined;
  /** Who is to answer: from the config, else who answered first. */
  readonly expected: DeviceIdentity | undefined;
  readonly identity: DeviceIdentity | undefined;
  /** Another than `expected` answered. */
  readonly stranger: DeviceIdentity | undefined;
  /** Replaced by another terminal: nothing is asked of it any more. */
  readonly replacedBy: string | undefined;
  readonly pauses: readonly Pause[];
  readonly ladder: Ladder;
  /** Since its last trouble it has not been well for long enough. */
  readonly troubled: boolean;
  readonly wellSinceMs: number | undefined;
  /** When to do the next thing. */
  readonly nextAtMs: number | undefined;
  readonly shown: Shown;
  readonly since: Instant;
  /** When it was last heard of. */
  readonly heardAt: Instant | undefined;
  /** As `shown`, without our own use of it: what records tell of. */
  readonly standing: Shown;
  readonly damping: Damping;
}

/** What happens on the link, and with the driver behind it. */
export type LinkInput =
  | { readonly type: "opened"; readonly identity: DeviceIdentity; readonly recoveries: ReadonlySet<DeviceRecovery> }
  | {
      readonly type: "openFailed";
      readonly code: FaultCode;
      /** With `wrongTerminal`: the number of the one that answers, as far as the driver tells it. */
      readonly found?: string;
    }
  | { readonly type: "lost"; readonly code: FaultCode }
  | { readonly type: "polled"; readonly condition: DeviceCondition; readonly recoveries: ReadonlySet<DeviceRecovery> }
  | { readonly type: "missed"; readonly code: FaultCode }
  /** The question was not asked after all: the terminal was needed. */
  | { readonly type: "pollDropped" }
  | { readonly type: "told"; readonly condition: DeviceCondition }
  | { readonly type: "recovered"; readonly worked: boolean }
  /** A call did not come back, or threw what it must not. */
  | { readonly type: "broken"; readonly code: "crashed" | "hung" };

/** What people and rules want of the terminal. */
export type WantInput =
  | { readonly type: "claimed"; readonly claim: "order" | "ask" }
  | { readonly type: "released" }
  | { readonly type: "paused"; readonly pause: Pause }
  | { readonly type: "resumed"; readonly by: PausedBy; readonly who: string; readonly reason: string }
  /** A technician says that the stranger is the right one now. */
  | { readonly type: "confirmed"; readonly who: string; readonly reason: string }
  | { readonly type: "replaced"; readonly by: string }
  /** It takes the place of the one that had replaced it. */
  | { readonly type: "reinstated" };

export type SupervisionInput = { readonly type: "tick" } | LinkInput | WantInput;

export interface Now {
  readonly monotonicMs: number;
  readonly at: Instant;
  /** 0 ≤ x < 1. */
  readonly random: number;
}

export type SupervisionEffect =
  | { readonly type: "open" }
  | { readonly type: "close" }
  | { readonly type: "poll" }
  | { readonly type: "recover"; readonly step: DeviceRecovery }
  /** Forget the driver; the next `open` makes another. */
  | { readonly type: "restart" }
  /** Have the end of day done, by claiming the terminal like anybody else. */
  | { readonly type: "settle" }
  | { readonly type: "record"; readonly body: TerminalRecord };

export interface Step {
  readonly state: Supervision;
  /** To be carried out one after the other, except `record`, which waits for nothing. */
  readonly effects: readonly SupervisionEffect[];
}

/** Nothing is to be done. */
export function only(state: Supervision): Step {
  return { state, effects: [] };
}

export function recording(state: Supervision, body: TerminalRecord): Step {
  return { state, effects: [{ type: "record", body }] };
}

export interface Known {
  readonly expected?: DeviceIdentity;
  readonly pauses: readonly Pause[];
  readonly replacedBy?: string;
}

/** @param known  From the config and the ledger, which need not be told of it. */
export function beginSupervision(known: Known, now: Now): Supervision {
  const { expected, pauses, replacedBy } = known;
  const shown = heldBack({ stranger: undefined, pauses, replacedBy }) ?? CONNECTING;
  return {
    link: "closed",
    doing: undefined,
    claim: undefined,
    mustClose: false,
    misses: 0,
    fault: undefined,
    condition: undefined,
    expected,
    identity: undefined,
    stranger: undefined,
    replacedBy,
    pauses,
    ladder: BOTTOM,
    troubled: false,
    wellSinceMs: undefined,
    nextAtMs: replacedBy === undefined ? now.monotonicMs : undefined,
    shown,
    since: now.at,
    heardAt: undefined,
    standing: shown,
    damping: undamped(shown, now.monotonicMs),
  };
}

const CONNECTING: Shown = { state: "connecting", reason: "starting" };

/** Of a terminal whose link is open, and that may only be listened to. */
export const ONLY_OBSERVED = "onlyObserved";

/** That there is no use in waiting: nothing is there, or nothing can be done from here. */
const OFFLINE_AT_ONCE: ReadonlySet<FaultCode> = new Set(["absent", "notPermitted", "unavailable"]);

/** How the terminal is, whoever uses it. */
export function standingOf(state: Supervision, policy: SupervisionPolicy): Shown {
  return heldBack(state) ?? linkStanding(state, policy);
}

function heldBack({
  replacedBy,
  stranger,
  pauses,
}: Pick<Supervision, "replacedBy" | "stranger" | "pauses">): Shown | undefined {
  if (replacedBy !== undefined) return { state: "disabled", reason: "replaced" };
  if (stranger !== undefined) return { state: "disabled", reason: "wrongTerminal" };
  return pauses.length > 0 ? { state: "paused", reason: "paused" } : undefined;
}

function linkStanding({ link, misses, fault, condition }: Supervision, policy: SupervisionPolicy): Shown {
  const reason = fault ?? "silent";
  const connecting: Shown = { state: "connecting", reason: fault ?? "starting" };
  if (link !== "open" && fault !== undefined && OFFLINE_AT_ONCE.has(fault)) return { state: "offline", reason };
  if (misses >= policy.offlineAfter) return { state: "offline", reason };
  if (misses >= policy.unknownAfter) return { state: "unknown", reason };
  if (link !== "open") return connecting;
  if (condition === undefined) {
    return policy.heartbeatMs === 0 ? { state: "idle", reason: "notAsked" } : connecting;
  }
  switch (condition.state) {
    case "ready":
      if (policy.heartbeatMs === 0) return { state: "idle", reason: "notAsked" };
      // Nothing is called ready that was not checked.
      return condition.reason === ONLY_OBSERVED
        ? { state: "idle", reason: ONLY_OBSERVED }
        : { state: "ready", reason: "" };
    case "wait":
      return { state: "busy", reason: condition.reason ?? "terminalBusy" };
    case "attention":
    case "fault":
      return { state: "degraded", reason: condition.reason ?? condition.code ?? condition.state };
    default:
      return assertNever(condition.state);
  }
}

/** Our own use of it hides nothing worse. */
export function shownOf(standing: Shown, claim: Supervision["claim"]): Shown {
  const hides = claim !== undefined && ["ready", "idle", "degraded", "connecting"].includes(standing.state);
  return hides ? { state: "busy", reason: claim === "order" ? "payment" : "asked" } : standing;
}

export function isChanged(a: Shown, b: Shown): boolean {
  return !isSame(a, b);
}
