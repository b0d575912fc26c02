import { hasEnded } from "../pause.ts";
import { damped, tellAtMs } from "./damping.ts";
import { linkStep } from "./link-step.ts";
import type { SupervisionPolicy } from "./policy.ts";
import * as records from "./records.ts";
import {
  isChanged,
  type Now,
  shownOf,
  standingOf,
  type Step,
  type Supervision,
  type SupervisionEffect,
  type SupervisionInput,
} from "./state.ts";
import { well } from "./trouble.ts";
import { wantStep } from "./want-step.ts";

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
    case "openFailed":
    case "lost":
    case "polled":
    case "missed":
    case "pollDropped":
    case "told":
    case "recovered":
    case "broken":
      return linkStep(state, input, policy, now);
    default:
      return wantStep(state, input, policy, now);
  }
}

function tick(state: Supervision, policy: SupervisionPolicy, now: Now): Step {
  const ended = state.pauses.filter((pause) => hasEnded(pause, now.at));
  const told = ended.map((pause): SupervisionEffect => ({ type: "record", body: records.pauseEnded(pause) }));
  const next = { ...state, pauses: state.pauses.filter((pause) => !ended.includes(pause)) };
  if (state.nextAtMs === undefined || now.monotonicMs < state.nextAtMs) return { state: next, effects: told };
  if (
    state.replacedBy !== undefined ||
    state.link === "opening" ||
    state.doing !== undefined ||
    state.claim !== undefined
  ) {
    return { state: { ...next, nextAtMs: undefined }, effects: told };
  }
  if (state.link === "closed") {
    return { state: { ...next, link: "opening", nextAtMs: undefined }, effects: [...told, { type: "open" }] };
  }
  if (policy.heartbeatMs === 0) return { state: { ...well(next, policy, now), nextAtMs: undefined }, effects: told };
  return { state: { ...next, doing: "poll", nextAtMs: undefined }, effects: [...told, { type: "poll" }] };
}
