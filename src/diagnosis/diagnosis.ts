import type { Instant } from "../domain/clock.ts";
import type { DiagnosisRecord } from "../domain/diagnosis.ts";
import type { Reducer, ReducerInput } from "../domain/reducer.ts";
import type { TransactionRecord } from "../domain/transaction.ts";
import { transactionRecordOf } from "../domain/transaction-history.ts";
import { repeatsCharge } from "./claims/duplicate.ts";
import { diagnose } from "./diagnose.ts";
import { remember, rememberSeen } from "./remember.ts";
import { isPlain, type Seen, seenOf } from "./seen.ts";
import { situationOf } from "./situation.ts";
import { DiagnosisState } from "./state.ts";

/** What comes to be known within this time may change what an earlier payment is diagnosed as. ms. */
const REVISED_FOR_MS = 10 * 60_000;
/** For the sake of another payment not more often than this. ms. */
const REVISED_EVERY_MS = 1_000;
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
  if (input.type === "tick" || input.seq <= state.upTo) return state;
  state.upTo = input.seq;
  state.wanted = [];
  // What a damaged stream left behind was diagnosed when it was made, or its surroundings are lost.
  if (input.carried !== undefined) return state;
  const told = transactionRecordOf(input);
  if (told !== undefined) takePayment(state, told, input.moment.at);
  else if (remember(state, input)) diagnoseAgain(state, input.moment.at);
  return state;
}

function takePayment(state: DiagnosisState, told: TransactionRecord, now: Instant): void {
  const seen = seenOf(told, now, state.seen.get(told.transaction.id));
  rememberSeen(state, seen);
  if (!isPlain(seen) || repeatsCharge(seen, state.withCard(seen.card)) !== undefined) tell(state, seen);
  if (seen.event === "requested" || state.open.size === 0) return;
  // In a flood of sales it would cost more than they do.
  if (Math.abs(now - state.revisedAt) < REVISED_EVERY_MS) return;
  state.revisedAt = now;
  diagnoseAgain(state, now);
}

/** What failed in the last minutes may look otherwise now. */
function diagnoseAgain(state: DiagnosisState, now: Instant): void {
  for (const id of state.open) {
    const seen = state.seen.get(id);
    // A clock that was set since makes the past the future: that is over as well.
    if (seen === undefined || isPlain(seen) || Math.abs(now - seen.endedAt) > REVISED_FOR_MS) state.open.delete(id);
  }
  for (const id of [...state.open].slice(-REVISED_MOST)) {
    const seen = state.seen.get(id);
    if (seen !== undefined) tell(state, seen);
  }
}

/** Says it, unless it has said the same before. */
function tell(state: DiagnosisState, seen: Seen): void {
  const found = diagnose(situationOf(seen, state));
  if (found.cause === seen.told?.cause) return;
  const body: Omit<DiagnosisRecord, "derived"> = {
    event: seen.told === undefined ? "diagnosed" : "revised",
    transaction: seen.id,
    diagnosis: found,
  };
  state.wanted = [...state.wanted, { kind: "diagnosis", terminal: seen.terminal, body }];
  state.replace({ ...seen, told: found });
  state.open.add(seen.id);
}
