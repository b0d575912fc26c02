import { clockRecordOf } from "../domain/clock-record.ts";
import { IS_INTERFERENCE, type InterferenceCause } from "../domain/interference.ts";
import type { RecordInput } from "../domain/reducer.ts";
import { hasSettled, settlementRecordOf } from "../domain/settlement.ts";
import { STAGE_FAULTS, STAGES } from "../domain/stage.ts";
import { began, type ChannelEpisode, ended, kept } from "./episodes.ts";
import { isApproved, type Seen } from "./seen.ts";
import type { Hold, Remembered, TerminalPast } from "./state.ts";

/** What speaks for or against a cause lies within a day; the cause of a repetition or a velocity within hours. ms. */
const SEEN_MS = 24 * 3_600_000;
/** A busy shop's hours: the snapshot stays below half a megabyte. */
const SEEN_MOST = 600;
const EPISODES_MOST = 100;
/** A hold lasts 30 days (reference card-data-and-batch.md, 7.2), and late completions are what is asked about. ms. */
const HOLDS_MS = 60 * 24 * 3_600_000;
const HOLDS_MOST = 2_000;
const REFUSALS_MOST = 20;

/** What one record that is no transaction changes in what is remembered. */
export function remember(before: Remembered, input: RecordInput): Remembered {
  const at: number = input.moment.at;
  switch (input.kind) {
    case "link":
      return takeLink(before, input.body, at);
    case "power":
      return takePower(before, input.body, at);
    case "terminal":
      return takeTerminal(before, input, at);
    case "clock":
      return clockRecordOf(input)?.event === "started" ? takeStart(before, at) : before;
    case "settlement": {
      const told = settlementRecordOf(input);
      return told !== undefined && hasSettled(told) ? past(before, told.terminal, { settledAt: at }) : before;
    }
    default:
      return before;
  }
}

/** With this transaction as the newest; what is too old is forgotten. */
export function rememberSeen(before: Remembered, seen: Seen): Remembered {
  const oldest = seen.endedAt - SEEN_MS;
  const others = before.seen.filter(({ id, endedAt }) => id !== seen.id && endedAt >= oldest);
  const all = { ...before, seen: [...others, seen].slice(-SEEN_MOST), holds: holdsAfter(before.holds, seen) };
  return seen.batch === undefined ? all : past(all, seen.terminal, { batch: seen.batch });
}

const ENDS_HOLD: ReadonlySet<string> = new Set(["completion", "completionAdvice", "preAuthVoid"]);

function holdsAfter(holds: readonly Hold[], seen: Seen): readonly Hold[] {
  if (!isApproved(seen) || seen.event === "answeredAgain") return holds;
  if (seen.kind === "preAuth") {
    if (holds.some(({ id }) => id === seen.id)) return holds;
    const hold = { id: seen.id, at: seen.at, ...(seen.amount === undefined ? {} : { amount: seen.amount }) };
    return [...holds.filter(({ at }) => at >= seen.endedAt - HOLDS_MS), hold].slice(-HOLDS_MOST);
  }
  if (!ENDS_HOLD.has(seen.kind)) return holds;
  return holds.map((hold) => (hold.id === seen.originalTransaction ? { ...hold, doneBy: seen.id } : hold));
}

function takeLink(before: Remembered, body: unknown, at: number): Remembered {
  const told = members(body);
  const line = kept(before.line, at - SEEN_MS, EPISODES_MOST);
  if (told["event"] === "verdictChanged") {
    const stage = STAGES.find((known) => known === told["stage"]);
    const fault = STAGE_FAULTS.find((known) => known === told["fault"]);
    const subject = told["subject"];
    if (stage === undefined || fault === undefined) return { ...before, line: ended(line, () => true, at) };
    const next = { stage, fault, from: at, ...(typeof subject === "string" ? { subject } : {}) };
    return { ...before, line: began(line, next, () => true) };
  }
  const channel = told["channel"];
  if (typeof channel !== "string") return before;
  const cause = members(told["verdict"])["cause"];
  const isSame = (one: ChannelEpisode): boolean => one.channel === channel;
  const channels = kept(before.channels, at - SEEN_MS, EPISODES_MOST);
  if (told["event"] === "interferenceEnded") return { ...before, channels: ended(channels, isSame, at) };
  if (!isCause(cause)) return before;
  return { ...before, channels: began(channels, { channel, cause, from: at }, isSame) };
}

function isCause(cause: unknown): cause is InterferenceCause {
  return typeof cause === "string" && Object.hasOwn(IS_INTERFERENCE, cause);
}

function takePower(before: Remembered, body: unknown, at: number): Remembered {
  const told = members(body);
  const episodes = kept(before.underVoltage, at - SEEN_MS, EPISODES_MOST);
  switch (told["event"]) {
    case "underVoltageBegan":
      return { ...before, underVoltage: began(episodes, { from: at }, () => true) };
    case "underVoltageEnded":
      return { ...before, underVoltage: ended(episodes, () => true, at) };
    case "rebooted": {
      const { cause } = told;
      const starts = before.starts.map((one, index) =>
        index === before.starts.length - 1 && typeof cause === "string" ? { ...one, cause } : one,
      );
      return { ...before, starts };
    }
    default:
      return before;
  }
}

/** Whatever the last run saw, nobody looked at its end. */
function takeStart(before: Remembered, at: number): Remembered {
  return {
    ...before,
    line: ended(before.line, () => true, at),
    channels: ended(before.channels, () => true, at),
    underVoltage: ended(before.underVoltage, () => true, at),
    starts: [...before.starts, { at }].slice(-EPISODES_MOST),
  };
}

function takeTerminal(before: Remembered, { terminal, body }: RecordInput, at: number): Remembered {
  if (terminal === undefined) return before;
  const told = members(body);
  const detail = members(told["detail"]);
  const code = told["responseCode"];
  switch (told["event"]) {
    case "signedIn":
      return past(before, terminal, { signedInAt: at, refusedSignIns: [] });
    case "signInRefused": {
      const refused = before.terminals[terminal]?.refusedSignIns ?? [];
      const refusedSignIns = [...refused, { at, code: typeof code === "string" ? code : "" }].slice(-REFUSALS_MOST);
      return past(before, terminal, { refusedSignIns });
    }
    case "parameterDownload":
      return past(before, terminal, { parametersAt: at });
    case "identified":
      return takeIdentity(before, terminal, detail, at);
    case "settled":
      return past(before, terminal, { settledAt: at });
    case "stateChanged": {
      const { to, reason } = detail;
      if (typeof to !== "string") return before;
      const why = typeof reason === "string" ? { stateReason: reason } : {};
      return past(before, terminal, { state: to, stateSince: at, ...why });
    }
    default:
      return before;
  }
}

/** Another serial number than before, or one that supervision did not accept. */
function takeIdentity(
  before: Remembered,
  terminal: string,
  { accepted, serial }: Readonly<Record<string, unknown>>,
  at: number,
): Remembered {
  const known = before.terminals[terminal]?.serial;
  const isOther = accepted === false || (typeof serial === "string" && known !== undefined && known !== serial);
  return past(before, terminal, {
    ...(isOther ? { changedAt: at } : {}),
    ...(accepted === true && typeof serial === "string" ? { serial } : {}),
  });
}

function past(before: Remembered, terminal: string, more: Partial<TerminalPast>): Remembered {
  const known = before.terminals[terminal] ?? { refusedSignIns: [] };
  return { ...before, terminals: { ...before.terminals, [terminal]: { ...known, ...more } } };
}

function members(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
