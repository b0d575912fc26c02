import { clockRecordOf } from "../domain/clock-record.ts";
import { IS_INTERFERENCE, type InterferenceCause } from "../domain/interference.ts";
import type { RecordInput } from "../domain/reducer.ts";
import { hasSettled, settlementRecordOf } from "../domain/settlement.ts";
import { STAGE_FAULTS, STAGES } from "../domain/stage.ts";
import { began, type ChannelEpisode, ended, kept } from "./episodes.ts";
import { isApproved, type Seen } from "./seen.ts";
import { type DiagnosisState, SEEN_MS } from "./state.ts";

const EPISODES_MOST = 100;
const REFUSALS_MOST = 20;

/** Takes in a record that is no transaction. @returns whether it may explain payments that were diagnosed already. */
export function remember(state: DiagnosisState, input: RecordInput): boolean {
  const at: number = input.moment.at;
  switch (input.kind) {
    case "link":
      return takeLink(state, input.body, at);
    case "power":
      takePower(state, input.body, at);
      return false;
    case "terminal":
      takeTerminal(state, input, at);
      return false;
    case "clock":
      if (clockRecordOf(input)?.event === "started") takeStart(state, at);
      return false;
    case "settlement": {
      const told = settlementRecordOf(input);
      if (told !== undefined && hasSettled(told)) state.tell(told.terminal, { settledAt: at });
      return false;
    }
    default:
      return false;
  }
}

/** As the newest payment. */
export function rememberSeen(state: DiagnosisState, seen: Seen): void {
  state.put(seen);
  takeHold(state, seen);
  takeVoid(state, seen);
  const { terminal, batch } = seen;
  if (batch !== undefined && state.past(terminal).batch !== batch) state.tell(terminal, { batch });
}

function takeVoid(state: DiagnosisState, { kind, originalTransaction, ...seen }: Seen): void {
  if (kind !== "saleVoid" || originalTransaction === undefined) return;
  const original = state.seen.get(originalTransaction);
  // A void that was taken back leaves the sale as it was.
  if (original !== undefined) state.replace({ ...original, isVoided: seen.outcome === "approved" });
}

const ENDS_HOLD: ReadonlySet<string> = new Set(["completion", "completionAdvice", "preAuthVoid"]);

function takeHold(state: DiagnosisState, seen: Seen): void {
  if (!isApproved(seen) || seen.event === "answeredAgain") return;
  const { id, at, amount, originalTransaction } = seen;
  if (seen.kind === "preAuth" && !state.holds.has(id))
    state.hold(id, { at, ...(amount === undefined ? {} : { amount }) }, seen.endedAt);
  if (!ENDS_HOLD.has(seen.kind) || originalTransaction === undefined) return;
  const hold = state.holds.get(originalTransaction);
  if (hold !== undefined) state.holds.set(originalTransaction, { ...hold, doneBy: id });
}

function takeLink(state: DiagnosisState, body: unknown, at: number): boolean {
  const told = members(body);
  if (told["event"] === "verdictChanged") {
    const stage = STAGES.find((known) => known === told["stage"]);
    const fault = STAGE_FAULTS.find((known) => known === told["fault"]);
    const subject = told["subject"];
    const line = kept(state.line, at - SEEN_MS, EPISODES_MOST);
    state.line =
      stage === undefined || fault === undefined
        ? ended(line, () => true, at)
        : began(line, { stage, fault, from: at, ...(typeof subject === "string" ? { subject } : {}) }, () => true);
    return true;
  }
  const channel = told["channel"];
  if (typeof channel !== "string") return false;
  const cause = members(told["verdict"])["cause"];
  const isSame = (one: ChannelEpisode): boolean => one.channel === channel;
  const channels = kept(state.channels, at - SEEN_MS, EPISODES_MOST);
  if (told["event"] === "interferenceEnded") state.channels = ended(channels, isSame, at);
  else if (isCause(cause)) state.channels = began(channels, { channel, cause, from: at }, isSame);
  else return false;
  return true;
}

function isCause(cause: unknown): cause is InterferenceCause {
  return typeof cause === "string" && Object.hasOwn(IS_INTERFERENCE, cause);
}

function takePower(state: DiagnosisState, body: unknown, at: number): void {
  const { event, cause } = members(body);
  const episodes = kept(state.underVoltage, at - SEEN_MS, EPISODES_MOST);
  if (event === "underVoltageBegan") state.underVoltage = began(episodes, { from: at }, () => true);
  if (event === "underVoltageEnded") state.underVoltage = ended(episodes, () => true, at);
  const start = state.starts.at(-1);
  if (event === "rebooted" && typeof cause === "string" && start !== undefined)
    state.starts = [...state.starts.slice(0, -1), { ...start, cause }];
}

/** Whatever the last run saw, nobody looked at its end. */
function takeStart(state: DiagnosisState, at: number): void {
  state.line = ended(state.line, () => true, at);
  state.channels = ended(state.channels, () => true, at);
  state.underVoltage = ended(state.underVoltage, () => true, at);
  state.starts = [...state.starts, { at }].slice(-EPISODES_MOST);
}

function takeTerminal(state: DiagnosisState, { terminal, body }: RecordInput, at: number): void {
  if (terminal === undefined) return;
  const told = members(body);
  const detail = members(told["detail"]);
  const code = told["responseCode"];
  switch (told["event"]) {
    case "signedIn":
      state.tell(terminal, { signedInAt: at, refusedSignIns: [] });
      return;
    case "signInRefused": {
      const refused = { at, code: typeof code === "string" ? code : "" };
      const refusedSignIns = [...state.past(terminal).refusedSignIns, refused].slice(-REFUSALS_MOST);
      state.tell(terminal, { refusedSignIns });
      return;
    }
    case "parameterDownload":
      state.tell(terminal, { parametersAt: at });
      return;
    case "identified":
      takeIdentity(state, terminal, detail, at);
      return;
    case "settled":
      state.tell(terminal, { settledAt: at });
      return;
    case "stateChanged":
      if (typeof detail["to"] === "string") state.tell(terminal, { state: detail["to"] });
      return;
    default:
  }
}

/** Another serial number than before, or one that supervision did not accept. */
function takeIdentity(
  state: DiagnosisState,
  terminal: string,
  { accepted, serial }: Readonly<Record<string, unknown>>,
  at: number,
): void {
  const known = state.past(terminal).serial;
  const isOther = accepted === false || (typeof serial === "string" && known !== undefined && known !== serial);
  state.tell(terminal, {
    ...(isOther ? { changedAt: at } : {}),
    ...(accepted === true && typeof serial === "string" ? { serial } : {}),
  });
}

function members(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
