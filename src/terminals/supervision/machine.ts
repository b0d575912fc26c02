import { assertNever } from "../../domain/assert-never.ts";
import type { DeviceCondition, DeviceIdentity, DeviceRecovery } from "../../domain/device.ts";
import type { TerminalRecord } from "../../domain/terminal.ts";
import { compareIdentity, isSameIdentity, rememberedIdentity } from "../identity.ts";
import { hasEnded, pausesAfterPause, pausesAfterResume } from "../pause.ts";
import { damped, tellAtMs } from "./damping.ts";
import {
  BOTTOM,
  type Ladder,
  mayRestart,
  maySettle,
  reopenDelay,
  reopened,
  restarted,
  softReset,
  softResetFor,
} from "./ladder.ts";
import { heartbeatDelay, type SupervisionPolicy } from "./policy.ts";
import * as records from "./records.ts";
import {
  type FaultCode,
  isChanged,
  type Now,
  shownOf,
  standingOf,
  type Supervision,
  type SupervisionEffect,
  type SupervisionInput,
} from "./state.ts";

export interface Step {
  readonly state: Supervision;
  /** To be carried out one after the other, except `record`, which waits for nothing. */
  readonly effects: readonly SupervisionEffect[];
}

/** Restarting the driver mends nothing there: the fault lies in front of it. */
const NOT_THE_DRIVERS_FAULT: ReadonlySet<FaultCode> = new Set(["absent", "notPermitted", "unavailable", "inUse"]);

/** What an input makes of a terminal's supervision. No clock, no link: everything comes in, everything to do goes out. */
export function step(before: Supervision, input: SupervisionInput, policy: SupervisionPolicy, now: Now): Step {
  const { state, effects } = take(before, input, policy, now);
  const standing = standingOf(state, policy);
  const shown = shownOf(standing, state.claim);
  const after: Supervision = {
    ...state,
    standing,
    shown,
    since: isChanged(before.shown, shown) ? now.at : before.since,
  };
  // A card that stands in the reader for a minute is nothing that anybody must know of later.
  if (standing.state === "busy") return { state: after, effects };
  const isNews = isChanged(before.standing, standing) && before.standing.state !== "busy";
  const { damping, tell } = damped(state.damping, standing, isNews, now.monotonicMs);
  if (tell === undefined) return { state: { ...after, damping }, effects };
  const body = records.stateChanged(tell.from, standing, tell.suppressed, state);
  return { state: { ...after, damping }, effects: [...effects, { type: "record", body }] };
}

/** When a `tick` is due, monotonic ms; `undefined` while only an answer or a release can change anything. */
export function deadlineOf({ nextAtMs, damping, standing, pauses }: Supervision, now: Now): number | undefined {
  const ends = pauses.flatMap(({ until }) => (until === undefined ? [] : [now.monotonicMs + (until - now.at)]));
  const tellAt = standing.state === "busy" ? undefined : tellAtMs(damping, standing);
  const all = [nextAtMs, tellAt, ...ends].filter((one) => one !== undefined);
  return all.length === 0 ? undefined : Math.min(...all);
}

function take(state: Supervision, input: SupervisionInput, policy: SupervisionPolicy, now: Now): Step {
  switch (input.type) {
    case "tick":
      return tick(state, policy, now);
    case "opened":
      return opened(state, input.identity, input.recoveries, policy, now);
    case "openFailed":
      // The driver knows who is meant, and found another.
      if (input.code === "wrongTerminal") return turnedAway(state, {}, policy, now);
      return failed(state, input.code, [], policy, now);
    case "lost":
      if (state.link !== "open") return only(state);
      if (state.claim !== undefined) return only({ ...troubled(state, input.code), mustClose: true });
      return failed(state, input.code, [{ type: "close" }], policy, now);
    case "polled":
      return polled({ ...state, doing: undefined }, input.condition, input.recoveries, policy, now);
    case "pollDropped":
      return only({ ...state, doing: undefined });
    case "missed":
      return missed({ ...state, doing: undefined }, input.code, policy, now);
    case "told":
      return only(state.link === "open" ? { ...state, condition: input.condition, heardAt: now.at } : state);
    case "recovered":
      return only({ ...state, doing: undefined, nextAtMs: now.monotonicMs + policy.repeatAfterMs });
    case "broken":
      return broken(state, input.code, policy, now);
    case "claimed":
      return only({ ...state, claim: input.claim, nextAtMs: undefined });
    case "released":
      return released(state, policy, now);
    case "paused":
      return recording({ ...state, pauses: pausesAfterPause(state.pauses, input.pause) }, records.paused(input.pause));
    case "resumed":
      return recording({ ...state, pauses: pausesAfterResume(state.pauses, input.by) }, records.resumed(input));
    case "confirmed":
      return confirmed(state, input, now);
    case "replaced":
      return replaced(state, input.by);
    case "reinstated":
      if (state.replacedBy === undefined) return only(state);
      return only({ ...state, replacedBy: undefined, nextAtMs: now.monotonicMs });
    default:
      return assertNever(input);
  }
}

function only(state: Supervision): Step {
  return { state, effects: [] };
}

function recording(state: Supervision, body: TerminalRecord): Step {
  return { state, effects: [{ type: "record", body }] };
}

function tick(state: Supervision, policy: SupervisionPolicy, now: Now): Step {
  const ended = state.pauses.filter((pause) => hasEnded(pause, now.at));
  const told = ended.map((pause): SupervisionEffect => ({ type: "record", body: records.pauseEnded(pause) }));
  const next = { ...state, pauses: state.pauses.filter((pause) => !ended.includes(pause)) };
  if (state.nextAtMs === undefined || now.monotonicMs < state.nextAtMs) return { state: next, effects: told };
  if (state.link === "closed") {
    return { state: { ...next, link: "opening", nextAtMs: undefined }, effects: [...told, { type: "open" }] };
  }
  if (state.link === "opening" || state.doing !== undefined || state.claim !== undefined) {
    return { state: { ...next, nextAtMs: undefined }, effects: told };
  }
  if (policy.heartbeatMs === 0) return { state: { ...well(next, policy, now), nextAtMs: undefined }, effects: told };
  return { state: { ...next, doing: "poll", nextAtMs: undefined }, effects: [...told, { type: "poll" }] };
}

function opened(
  state: Supervision,
  told: DeviceIdentity,
  recoveries: ReadonlySet<DeviceRecovery>,
  policy: SupervisionPolicy,
  now: Now,
): Step {
  if (state.replacedBy !== undefined) return { state: { ...state, link: "closed" }, effects: [{ type: "close" }] };
  if (compareIdentity(state.expected, told) === "other") return turnedAway(state, told, policy, now);
  const identity = rememberedIdentity(state.expected, told);
  const isNews = !isSameIdentity(state.expected, identity);
  const open: Supervision = {
    ...state,
    heardAt: now.at,
    link: "open",
    doing: undefined,
    condition: undefined,
    stranger: undefined,
    identity,
    expected: identity,
    nextAtMs: now.monotonicMs,
  };
  const news: readonly SupervisionEffect[] = isNews ? [{ type: "record", body: records.identified(identity) }] : [];
  // Nobody will ask it: that the link opened is all that can be known.
  if (policy.heartbeatMs === 0) return { state: { ...well(open, policy, now), misses: 0 }, effects: news };
  // A link that opens, again and again, and then brings no answer: the terminal itself may have to be reset.
  const resets = state.misses >= policy.unknownAfter && state.ladder.reopens > 1;
  const reset = resets ? softResetFor("reset", recoveries, state.ladder, policy, now.monotonicMs) : undefined;
  if (reset === undefined) return { state: open, effects: news };
  return recover(open, reset, news, now);
}

/** Another terminal than the one that is meant: no money goes there. It may be put right any time: looked at now and then. */
function turnedAway(state: Supervision, found: DeviceIdentity, policy: SupervisionPolicy, now: Now): Step {
  const isNews = state.stranger === undefined || !isSameIdentity(state.stranger, found);
  return {
    state: {
      ...troubled(state, "wrongTerminal"),
      link: "closed",
      doing: undefined,
      identity: undefined,
      condition: undefined,
      stranger: found,
      nextAtMs: now.monotonicMs + policy.recheckMs,
    },
    effects: [
      { type: "close" },
      ...(isNews ? [{ type: "record", body: records.strangerFound(found, state.expected) } as const] : []),
    ],
  };
}

function polled(
  state: Supervision,
  condition: DeviceCondition,
  recoveries: ReadonlySet<DeviceRecovery>,
  policy: SupervisionPolicy,
  now: Now,
): Step {
  const nextAtMs = state.claim === undefined ? now.monotonicMs + heartbeatDelay(policy, now.random) : undefined;
  const heard: Supervision = {
    ...well(state, policy, now),
    heardAt: now.at,
    misses: 0,
    fault: undefined,
    condition,
    nextAtMs,
  };
  if (state.claim !== undefined || condition.state === "ready" || condition.state === "wait") return only(heard);
  const wanted = softResetFor(condition.remedy, recoveries, heard.ladder, policy, now.monotonicMs);
  if (wanted !== undefined) return recover(heard, wanted, [], now);
  if (condition.remedy !== "settle" || !maySettle(heard.ladder, policy, now.monotonicMs)) return only(heard);
  const ladder: Ladder = { ...heard.ladder, settleAtMs: now.monotonicMs };
  return {
    state: { ...heard, ladder },
    effects: [{ type: "record", body: records.recoveryTried("settle", ladder) }, { type: "settle" }],
  };
}

function recover(state: Supervision, wanted: DeviceRecovery, effects: readonly SupervisionEffect[], now: Now): Step {
  const ladder = softReset(state.ladder, now.monotonicMs);
  return {
    state: { ...state, ladder, doing: "recover", nextAtMs: undefined },
    effects: [
      ...effects,
      { type: "record", body: records.recoveryTried(wanted, ladder) },
      { type: "recover", step: wanted },
    ],
  };
}

/** First the question is repeated, then the link opened anew. */
function missed(state: Supervision, code: FaultCode, policy: SupervisionPolicy, now: Now): Step {
  if (state.claim !== undefined) return only(state);
  if (state.misses + 1 < policy.unknownAfter) {
    const nextAtMs = now.monotonicMs + policy.repeatAfterMs;
    return only({ ...troubled(state, code), misses: state.misses + 1, nextAtMs });
  }
  return failed(state, code, [{ type: "close" }], policy, now);
}

function failed(
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

/** A driver that throws or hangs is not asked again: another is made, after the same growing delays. */
function broken(state: Supervision, code: "crashed" | "hung", policy: SupervisionPolicy, now: Now): Step {
  const ladder = restarted(reopened(state.ladder), now.monotonicMs);
  const isFirst = ladder.reopens === 1;
  return {
    state: {
      ...troubled(state, code),
      link: "closed",
      doing: undefined,
      misses: state.misses + 1,
      condition: undefined,
      ladder,
      nextAtMs: now.monotonicMs + reopenDelay(ladder, policy, now.random),
    },
    effects: [
      { type: "close" },
      ...(isFirst ? [{ type: "record", body: records.recoveryTried("restart", ladder, code) } as const] : []),
      { type: "restart" },
    ],
  };
}

function released(state: Supervision, policy: SupervisionPolicy, now: Now): Step {
  const free: Supervision = { ...state, claim: undefined, mustClose: false };
  if (state.replacedBy !== undefined) return { state: { ...free, link: "closed" }, effects: [{ type: "close" }] };
  if (state.mustClose) return failed(free, state.fault ?? "linkLost", [{ type: "close" }], policy, now);
  if (state.link !== "open") return only({ ...free, nextAtMs: state.nextAtMs ?? now.monotonicMs });
  // Soon, so that what the payment left behind (no paper, a batch that is full) shows before the next one.
  return only({ ...free, nextAtMs: now.monotonicMs + policy.repeatAfterMs });
}

function confirmed(
  state: Supervision,
  { who, reason }: { readonly who: string; readonly reason: string },
  now: Now,
): Step {
  const { stranger } = state;
  if (stranger === undefined) return only(state);
  const nextAtMs = state.link === "closed" ? now.monotonicMs : state.nextAtMs;
  return recording(
    { ...state, expected: stranger, stranger: undefined, nextAtMs },
    records.identified(stranger, { who, reason }),
  );
}

function replaced(state: Supervision, by: string): Step {
  const closes = state.link === "open" && state.claim === undefined;
  return {
    state: { ...state, replacedBy: by, nextAtMs: undefined, link: closes ? "closed" : state.link },
    effects: closes ? [{ type: "close" }] : [],
  };
}

function troubled(state: Supervision, code: FaultCode): Supervision {
  return { ...state, fault: code, troubled: true, wellSinceMs: undefined };
}

/** Troubles are forgotten, and the ladder begins at its bottom, only after it has been well for a while. */
function well(state: Supervision, policy: SupervisionPolicy, now: Now): Supervision {
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
