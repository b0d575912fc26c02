import { IS_INTERFERENCE } from "../domain/interference.ts";
import type { Stage } from "../domain/stage.ts";
import { type ChannelEpisode, during, type LineEpisode } from "./episodes.ts";
import { isApproved, type Seen } from "./seen.ts";
import type { DiagnosisState, Hold, TerminalPast } from "./state.ts";

const MINUTE_MS = 60_000;
/** The ladder needs up to 15 s to name a stage, and up to a minute to see that it is well again. ms. */
const VERDICT_LATE_MS = 45_000;
/** Payments so close to each other meet the same line, host and terminal. ms. */
const NEAR_MS = 15 * MINUTE_MS;
/** A refusal of merchant or terminal stays until somebody acts. ms. */
const HOURS_MS = 4 * 60 * MINUTE_MS;
/** After a parameter download or another device, the first payments show what it did. ms. */
const AFTER_CHANGE_MS = 60 * MINUTE_MS;

/** One payment in its surroundings: all that a claim may look at. */
export interface Situation {
  readonly payment: Seen;
  /** Verdicts of the ladder on the way to the acquirer, while it was under way. */
  readonly line: readonly LineEpisode[];
  /** Channels that were disturbed meanwhile; only causes that are interference. */
  readonly disturbed: readonly ChannelEpisode[];
  readonly isUnderVoltage: boolean;
  /** The daemon began to run while the payment was under way, or just after; with what the machine said. */
  readonly start?: { readonly at: number; readonly cause?: string };
  readonly terminal: TerminalPast;
  /** ms since the terminal's parameters, or the device itself, were changed; absent when that is long ago. */
  readonly changedBeforeMs?: number;
  /** Other payments within a quarter of an hour, before and after. */
  readonly near: readonly Seen[];
  /** Other payments of the last hours. */
  readonly hours: readonly Seen[];
  /** Those of the last day with the same card, before this one. */
  readonly sameCard: readonly Seen[];
  readonly hold?: Hold;
}

/** HQ's stages lie on another way than the acquirer's. */
const ON_THE_WAY: ReadonlySet<Stage> = new Set<Stage>([
  "box",
  "interface",
  "terminals",
  "router",
  "provider",
  "dns",
  "portal",
  "acquirer",
]);

export function situationOf(payment: Seen, known: DiagnosisState): Situation {
  const from = payment.at - VERDICT_LATE_MS;
  const to = payment.endedAt + VERDICT_LATE_MS;
  const hours = [...known.seen.values()].filter(
    ({ id, event, at }) => id !== payment.id && event !== "requested" && Math.abs(at - payment.at) <= HOURS_MS,
  );
  const terminal = known.past(payment.terminal);
  const start = known.starts.findLast(({ at }) => at >= payment.at && at <= payment.endedAt + VERDICT_LATE_MS);
  const changedAt = Math.max(terminal.parametersAt ?? 0, terminal.changedAt ?? 0);
  const changedBeforeMs = payment.at - changedAt;
  const hold = payment.originalTransaction === undefined ? undefined : known.holds.get(payment.originalTransaction);
  return {
    payment,
    line: during(known.line, from, to).filter(({ stage, subject }) => isOnItsWay(stage, subject, payment)),
    disturbed: during(known.channels, from, to).filter(({ cause }) => IS_INTERFERENCE[cause]),
    isUnderVoltage: during(known.underVoltage, from, to).length > 0,
    terminal,
    near: hours.filter(({ at }) => Math.abs(at - payment.at) <= NEAR_MS),
    hours,
    sameCard: known
      .withCard(payment.card)
      .filter(({ id, event, at }) => id !== payment.id && event !== "requested" && at <= payment.at),
    ...(start === undefined ? {} : { start }),
    ...(changedAt > 0 && changedBeforeMs >= 0 && changedBeforeMs <= AFTER_CHANGE_MS ? { changedBeforeMs } : {}),
    ...(hold === undefined ? {} : { hold }),
  };
}

function isOnItsWay(stage: Stage, subject: string | undefined, { terminal, acquirer }: Seen): boolean {
  if (!ON_THE_WAY.has(stage)) return false;
  if (stage === "terminals") return subject === undefined || subject.split(", ").includes(terminal);
  return stage !== "acquirer" || subject === undefined || acquirer === undefined || subject.startsWith(acquirer);
}

/** Payments whose fate says something of line, host, merchant or terminal: not those that tillgate refused itself. */
function isTold({ event }: Seen): boolean {
  return event !== "refused" && event !== "requested";
}

/** How payments went, counted. */
export interface Tally {
  readonly payments: number;
  readonly approved: number;
  readonly cards: number;
  readonly bins: number;
  readonly terminals: number;
}

export function tally(payments: readonly Seen[]): Tally {
  const told = payments.filter(isTold);
  const distinct = (of: (one: Seen) => string | undefined): number =>
    new Set(told.map(of).filter((value) => value !== undefined)).size;
  return {
    payments: told.length,
    approved: told.filter(isApproved).length,
    cards: distinct(({ card }) => card),
    bins: distinct(({ bin }) => bin),
    terminals: distinct(({ terminal }) => terminal),
  };
}

/** Of the acquirer and merchant that this payment went to. */
export function sameHost({ payment }: Situation): (one: Seen) => boolean {
  return ({ acquirer }) => acquirer === payment.acquirer;
}

export function hasCode(...codes: readonly string[]): (one: Seen) => boolean {
  return ({ responseCode }) => responseCode !== undefined && codes.includes(responseCode);
}

/** What a terminal that tillgate drives says of its own line to its host. */
const HOST_NOT_HEARD: ReadonlySet<string> = new Set([
  "hostUnreachable",
  "hostSilent",
  "acquirerUnreachable",
  "communicationFault",
]);

/** No answer at all came to this one, or it came too late. */
export function isUnanswered({ event, outcome, reason }: Seen): boolean {
  if (event === "unanswered" || event === "notSent" || event === "answeredLate") return true;
  return outcome === "failed" && reason !== undefined && HOST_NOT_HEARD.has(reason);
}
