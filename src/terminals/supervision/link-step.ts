import { assertNever } from "../../domain/assert-never.ts";
import type { DeviceCondition, DeviceIdentity, DeviceRecovery } from "../../domain/device.ts";
import { compareIdentity, isSameIdentity, rememberedIdentity } from "../identity.ts";
import { type Ladder, maySettle, reopenDelay, reopened, restarted, softReset, softResetFor } from "./ladder.ts";
import { heartbeatDelay, type SupervisionPolicy } from "./policy.ts";
import * as records from "./records.ts";
import {
  type FaultCode,
  type LinkInput,
  type Now,
  only,
  ONLY_OBSERVED,
  type Step,
  type Supervision,
  type SupervisionEffect,
} from "./state.ts";
import { failed, troubled, well } from "./trouble.ts";

/** What came over the link, or did not. */
export function linkStep(state: Supervision, input: LinkInput, policy: SupervisionPolicy, now: Now): Step {
  switch (input.type) {
    case "opened":
      return opened(state, input.identity, input.recoveries, policy, now);
    case "openFailed":
      // The driver knows who is meant, and found another.
      if (input.code === "wrongTerminal") return turnedAway(state, {}, policy, now, input.found);
      return failed(state, input.code, [], policy, now);
    case "lost":
      if (state.link !== "open") return only(state);
      if (state.claim !== undefined) return only({ ...troubled(state, input.code), mustClose: true });
      return failed(state, input.code, [{ type: "close" }], policy, now);
    case "polled":
      // The link was lost meanwhile: an answer from before says nothing of the next one.
      if (state.doing !== "poll") return only(state);
      return polled({ ...state, doing: undefined }, input.condition, input.recoveries, policy, now);
    case "missed":
      if (state.doing !== "poll") return only(state);
      // It answers: that it refuses, or that it cannot be asked, is how it is.
      if (input.code === "refused" || input.code === "notSupported") {
        return polled({ ...state, doing: undefined }, ANSWERED[input.code], NO_RECOVERIES, policy, now);
      }
      return missed({ ...state, doing: undefined }, input.code, policy, now);
    case "pollDropped":
      if (state.doing !== "poll") return only(state);
      return only(askedSoon({ ...state, doing: undefined }, policy, now));
    case "told":
      return only(state.link === "open" ? { ...state, condition: input.condition, heardAt: now.at } : state);
    case "recovered":
      if (state.doing !== "recover") return only(state);
      return only(askedSoon({ ...state, doing: undefined }, policy, now));
    case "broken":
      return broken(state, input.code, policy, now);
    default:
      return assertNever(input);
  }
}

const ANSWERED: Readonly<Record<"refused" | "notSupported", DeviceCondition>> = {
  refused: { state: "attention", reason: "refused" },
  notSupported: { state: "ready", reason: ONLY_OBSERVED },
};
const NO_RECOVERIES: ReadonlySet<DeviceRecovery> = new Set();

function askedSoon(state: Supervision, policy: SupervisionPolicy, now: Now): Supervision {
  return { ...state, nextAtMs: state.claim === undefined ? now.monotonicMs + policy.repeatAfterMs : undefined };
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
  const resets = state.claim === undefined && state.misses >= policy.unknownAfter && state.ladder.reopens > 1;
  const reset = resets ? softResetFor("reset", recoveries, state.ladder, policy, now.monotonicMs) : undefined;
  if (reset === undefined) return { state: open, effects: news };
  return recover(open, reset, news, now);
}

/** Another terminal than the one that is meant: no money goes there. It may be put right any time: looked at now and then. */
function turnedAway(
  state: Supervision,
  found: DeviceIdentity,
  policy: SupervisionPolicy,
  now: Now,
  number?: string,
): Step {
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
      ...(isNews ? [{ type: "record", body: records.strangerFound(found, state.expected, number) } as const] : []),
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
  // Whoever has claimed it learns the same, and sends nothing; it is asked again when that one is done.
  if (state.claim !== undefined) return only({ ...troubled(state, code), misses: state.misses + 1 });
  if (state.misses + 1 < policy.unknownAfter) {
    const nextAtMs = now.monotonicMs + policy.repeatAfterMs;
    return only({ ...troubled(state, code), misses: state.misses + 1, nextAtMs });
  }
  return failed(state, code, [{ type: "close" }], policy, now);
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
