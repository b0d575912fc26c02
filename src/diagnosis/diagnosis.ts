import type { DerivedDraft } from "../domain/derived.ts";
import type { DiagnosisRecord } from "../domain/diagnosis.ts";
import type { RecordInput, Reducer, ReducerInput } from "../domain/reducer.ts";
import { transactionRecordOf } from "../domain/transaction-history.ts";
import { repeatsCharge } from "./claims/duplicate.ts";
import { diagnose } from "./diagnose.ts";
import { remember, rememberSeen } from "./remember.ts";
import { isPlain, type Seen, seenOf } from "./seen.ts";
import { situationOf } from "./situation.ts";
import { DiagnosisState } from "./state.ts";

/** What comes to be known within this time may change what an earlier payment is diagnosed as. ms. */
const REVISED_FOR_MS = 10 * 60_000;
/** Payments that are looked at anew when something is learnt: in an outage all of them fail alike. */
const REVISED_MOST = 30;

/** Gives every payment that failed, is open or is odd one diagnosis, and another one when more is known. */
export const diagnosis: Reducer<DiagnosisState> = {
  name: "diagnosis",
  version: 1,
  kinds: new Set(["transaction", "settlement", "link", "power", "terminal", "clock", "diagnosis"]),
  begin: () => new DiagnosisState(),
  step,
  derives: ({ wanted }) => wanted,
  pack: (state) => state.pack(),
  unpack: (text) => DiagnosisState.unpack(text),
};

function step(state: DiagnosisState, input: ReducerInput): DiagnosisState {
  if (input.type === "tick" || input.seq <= state.now.upTo) return state;
  state.wanted = [];
  // What a damaged stream left behind was diagnosed when it was made, or its surroundings are lost.
  if (input.carried !== undefined) return state;
  const told = transactionRecordOf(input);
  const before = state.now;
  if (told === undefined) {
    state.now = { ...remember(before, input), upTo: input.seq };
    if (state.now.line !== before.line || state.now.channels !== before.channels) diagnoseAgain(state, input);
    return state;
  }
  const known = before.seen.find(({ id }) => id === told.transaction.id);
  const seen = seenOf(told, input.moment.at, known);
  state.now = { ...rememberSeen(before, seen), upTo: input.seq };
  if (!isPlain(seen) || repeatsCharge(seen, state.now.seen) !== undefined) tell(state, seen);
  if (seen.event !== "requested") diagnoseAgain(state, input, seen);
  return state;
}

/** What failed in the last minutes may look otherwise now. */
function diagnoseAgain(state: DiagnosisState, { moment }: RecordInput, besides?: Seen): void {
  const oldest = moment.at - REVISED_FOR_MS;
  const open = state.now.seen.filter(
    (seen) => seen.told !== undefined && seen.endedAt >= oldest && seen.id !== besides?.id && !isPlain(seen),
  );
  for (const seen of open.slice(-REVISED_MOST)) tell(state, seen);
}

/** Says it, unless it has said the same before. */
function tell(state: DiagnosisState, seen: Seen): void {
  const found = diagnose(situationOf(seen, state.now));
  if (found.cause === seen.told?.cause) return;
  const body: Omit<DiagnosisRecord, "derived"> = {
    event: seen.told === undefined ? "diagnosed" : "revised",
    transaction: seen.id,
    diagnosis: found,
  };
  const draft: DerivedDraft = { kind: "diagnosis", terminal: seen.terminal, body };
  state.wanted = [...state.wanted, draft];
  const told: Seen = { ...seen, told: found };
  state.now = { ...state.now, seen: state.now.seen.map((one) => (one.id === seen.id ? told : one)) };
}
