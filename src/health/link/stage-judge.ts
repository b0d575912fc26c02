import type { StageFault, StageFigures, StageObservation, StageState } from "../../domain/stage.ts";
import { type Damper, damped, UNDAMPED } from "./flap-damper.ts";
import { figuresOf, type Look, WINDOW_MS, withLook } from "./look-window.ts";
import { crossedLimit, type Limit, type LineKind, limitsOf } from "./stage-limits.ts";

/** What is held of one stage, or of one of the things that make it up. Times in ms, monotonic. */
export interface Judged {
  readonly state: StageState;
  /** Since when the state is what it is. */
  readonly since: number;
  readonly fault?: StageFault;
  readonly detail?: string;
  /** Of the newest failure, whether or not it counts yet. */
  readonly failedWith?: StageFault;
  /** In a row, up to the newest look. */
  readonly failures: number;
  readonly successes: number;
  readonly looks: readonly Look[];
  readonly seenAt: number;
  /** The newest success, and the first of the failures that are in a row now. */
  readonly answeredAt?: number;
  readonly failingSince?: number;
  readonly damper: Damper;
  /** When it went down, newest last, over a day. */
  readonly falls: readonly number[];
}

export interface JudgeRules {
  readonly line: LineKind;
  /** Of the clock: 1 in the field; tests and the demo shorten windows with it. */
  readonly speed: number;
}

/** Failures in a row before a stage counts as down: one is a coincidence, and three take 6 s (link-health.md 1.6). */
const DOWN_AFTER = 3;
/** Successes in a row before it counts as up again. */
const UP_AFTER = 5;
/** While it fails, or is not yet up again, it is looked at this often: down within 15 s, clear within 60. ms. */
export const HURRIED_MS = 2_000;
/** So many looks without a fault within this time clear what the whole window has not forgotten yet. ms. */
const CLEAN_FOR_MS = 45_000;
const CLEAN_LOOKS = 8;
/** So many of the newest looks lost, of so many, are no chance: of a line that loses one in 200 it happens once in a week. */
const LOST_LATELY = 3;
const LATEST_LOOKS = 20;
/** A loss is followed by a close look, for so long: loss must be told in seconds, and looks five seconds apart cannot. ms. */
const SUSPECT_FOR_MS = 10_000;
/** ms between looks meanwhile. */
export const SUSPECT_EVERY_MS = 500;
/** A connection that took longer lost its first packet: TCP repeats it after one second (RFC 6298, 2.1). ms. */
const SYN_REPEATED_MS = 1_000;
const DAY_MS = 86_400_000;

export function notJudged(at: number): Judged {
  return {
    state: "unknown",
    since: at,
    failures: 0,
    successes: 0,
    looks: [],
    seenAt: at,
    damper: UNDAMPED,
    falls: [],
  };
}

/** With one more observation. Knows no clock. */
export function judge(before: Judged, observation: StageObservation, at: number, rules: JudgeRules): Judged {
  if (observation.isIdle === true) return { ...faded(before, "idle", at), seenAt: at };
  if (observation.isOfTheWay === true) return countedOnTheWay(before, observation, at, rules);
  const seenAt = at - (observation.ageMs ?? 0);
  const looks =
    observation.isCrowded === true
      ? before.looks
      : withLook(before.looks, lookOf(observation, at), WINDOW_MS / rules.speed);
  const failures = observation.ok ? 0 : before.failures + 1;
  const successes = observation.ok ? before.successes + 1 : 0;
  const counted = { ...before, looks, failures, successes, seenAt };
  if (!observation.ok) {
    return failed(
      { ...counted, failingSince: before.failures === 0 ? at : (before.failingSince ?? at) },
      observation,
      at,
      rules,
    );
  }
  if (before.state === "down" && successes < UP_AFTER) return { ...counted, answeredAt: seenAt };
  return answered({ ...counted, answeredAt: seenAt }, observation, at, rules);
}

/** Figures of a way whose end is judged by its own answers: neither a failure is forgotten for them, nor is anything up by them. */
function countedOnTheWay(before: Judged, observation: StageObservation, at: number, rules: JudgeRules): Judged {
  const seenAt = at - (observation.ageMs ?? 0);
  const reached = { ...before, answeredAt: Math.max(before.answeredAt ?? seenAt, seenAt) };
  const isJudged = (before.state === "up" || before.state === "degraded") && before.failures === 0;
  if (!isJudged || observation.packets === undefined || observation.isCrowded === true) return reached;
  const looks = withLook(before.looks, lookOf(observation, at), WINDOW_MS / rules.speed);
  return answered({ ...reached, looks }, observation, at, rules);
}

/** What another stage's outage lost says nothing of this one. */
export function forgiven(before: Judged): Judged {
  if (before.state === "down") return before;
  const { fault, detail: _detail, ...rest } = before;
  if (before.state !== "degraded") return { ...before, looks: [], failures: 0 };
  return { ...rest, looks: [], failures: 0, state: fault === undefined ? before.state : "up" };
}

/** Not looked at for so long that what was known is known no more; or nothing passes, which is no fault. */
export function faded(before: Judged, to: "unknown" | "idle", at: number): Judged {
  if (before.state === to) return before;
  const { fault: _fault, detail: _detail, failedWith: _failedWith, ...rest } = before;
  return { ...rest, state: to, since: at, failures: 0, successes: 0, looks: [] };
}

/** Whether it is looked at sooner than usual. */
export function isHurried({ state, failures }: Judged): boolean {
  return failures > 0 || state === "down";
}

/** Whether it has lost something a moment ago that may have been the first of many. */
export function isSuspect({ state, failures, looks }: Judged, at: number, { speed }: JudgeRules): boolean {
  if (state !== "up" || failures > 0) return false;
  return looks.some((look) => look.sent === 1 && look.lost === 1 && (at - look.at) * speed < SUSPECT_FOR_MS);
}

export function figures(judged: Judged): StageFigures {
  return figuresOf(judged.looks);
}

export function fallsWithin({ falls }: Judged, ms: number, at: number): number {
  return falls.filter((fall) => at - fall < ms).length;
}

function lookOf({ stage, ok, rttMs, packets }: StageObservation, at: number): Look {
  if (packets !== undefined) return { at, ...rttOf(ok, rttMs), sent: packets.sent, lost: packets.lost };
  const isConnection = stage === "provider" || stage === "hqTcp";
  const isLost = !ok || (isConnection && rttMs !== undefined && rttMs > SYN_REPEATED_MS);
  return { at, sent: 1, lost: isLost ? 1 : 0, ...rttOf(ok, rttMs) };
}

function rttOf(ok: boolean, rttMs: number | undefined): Pick<Look, "rttMs"> {
  return ok && rttMs !== undefined ? { rttMs } : {};
}

function failed(counted: Judged, observation: StageObservation, at: number, rules: JudgeRules): Judged {
  const { fault, detail } = observation;
  const newest = { ...counted, ...(fault === undefined ? {} : { failedWith: fault }) };
  if (counted.failures < DOWN_AFTER && counted.state !== "down") return newest;
  const told = { ...(fault === undefined ? {} : { fault }), ...(detail === undefined ? {} : { detail }) };
  const { fault: _fault, detail: _detail, ...rest } = newest;
  if (counted.state === "down") return { ...rest, ...told };
  const wasUp = counted.state === "up" || counted.state === "degraded";
  return {
    ...rest,
    ...told,
    state: "down",
    since: at,
    damper: damped(counted.damper, at, wasUp, rules.speed),
    falls: wasUp ? [...counted.falls.filter((fall) => at - fall < DAY_MS / rules.speed), at] : counted.falls,
  };
}

function answered(counted: Judged, observation: StageObservation, at: number, rules: JudgeRules): Judged {
  const { fault: before, detail: _detail, failedWith: _failedWith, ...rest } = counted;
  // What an outage lost is told by the outage; the line is judged by what came after it.
  const looks = counted.state === "down" ? counted.looks.slice(-UP_AFTER) : counted.looks;
  const rated = counted.state === "degraded" ? before : undefined;
  const limits = limitsOf(observation.stage, rules.line);
  const lately = looks.filter((look) => (at - look.at) * rules.speed < CLEAN_FOR_MS);
  const isClean =
    rated !== undefined && lately.length >= CLEAN_LOOKS && crossedLimit(limits, figuresOf(lately), rated) === undefined;
  const judgedBy = isClean ? lately : looks;
  const fault =
    observation.fault ?? crossedLimit(limits, figuresOf(judgedBy), rated) ?? lossLately(limits, judgedBy, rated);
  const state = fault === undefined ? "up" : "degraded";
  const told = fault === undefined ? {} : { fault };
  const since = state === counted.state ? counted.since : at;
  return { ...rest, ...told, looks: judgedBy, state, since, damper: damped(counted.damper, at, false, rules.speed) };
}

/** Loss that has just begun drowns in a window of five good minutes. */
function lossLately(
  limits: readonly Limit[],
  looks: readonly Look[],
  rated: StageFault | undefined,
): StageFault | undefined {
  const latest = looks.slice(-LATEST_LOOKS);
  const ofLoss = limits.filter(({ figure }) => figure === "lossAtLeast");
  const enough = ofLoss.some(({ fault }) => fault === rated) ? 1 : LOST_LATELY;
  if (latest.reduce((sum, { lost }) => sum + lost, 0) < enough) return undefined;
  return crossedLimit(ofLoss, figuresOf(latest), rated);
}
